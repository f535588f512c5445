package page_test

import (
	"io"
	"testing"
)

func BenchmarkPage(b *testing.B) {
	p := many(20_000, 100)
	for name, write := range map[string]func(io.Writer) error{"Markdown": p.Markdown, "HTML": p.HTML} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
