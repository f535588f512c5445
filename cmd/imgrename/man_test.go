package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

var (
	manFolder = flag.String("man", "", "folder in which TestManPages leaves the manual pages")
	manDate   = flag.Int64("man-date", 0, "date of the manual pages, in Unix seconds")
)

// There is a manual page for each command and for each topic of help.
func TestManPages(t *testing.T) {
	folder := *manFolder
	if folder == "" {
		folder = t.TempDir()
	}
	root := newRoot(new(common))
	date := time.Unix(*manDate, 0).UTC()
	header := &doc.GenManHeader{Title: "IMGRENAME", Section: "1", Date: &date, Source: "imgrename", Manual: "imgrename"}
	plain(root)
	if err := doc.GenManTree(root, header, folder); err != nil {
		t.Fatal(err)
	}
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range help.Commands() { // which the generator leaves out
		page, err := os.Create(filepath.Join(folder, "imgrename-help-"+topic.Name()+".1"))
		if err == nil {
			header.Title = ""
			err = errors.Join(doc.GenMan(topic, header, page), page.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range []string{"imgrename", "imgrename-apply", "imgrename-help-manifest", "imgrename-help-exit-codes"} {
		text, err := os.ReadFile(filepath.Join(folder, page+".1"))
		if err != nil || !strings.Contains(string(text), `.TH "IMGRENAME`) || len(text) < 1000 {
			t.Errorf("%s: %v, %d bytes", page, err, len(text))
		}
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*.1"))
	if err != nil || len(pages) < 10+len(help.Commands()) {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

// plain has the texts of help taken as they are: they are no Markdown.
func plain(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	var lines []string
	for line := range strings.Lines(cmd.Long) {
		lines = append(lines, "    "+line)
	}
	cmd.Long = strings.Join(lines, "")
	for _, sub := range cmd.Commands() {
		plain(sub)
	}
}
