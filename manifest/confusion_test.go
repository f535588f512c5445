package manifest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"imgrename/manifest"
)

// writers are encodings that spreadsheets and editors write, with what is
// written in them.
var writers = []struct {
	name     string
	encoding encoding.Encoding
	corpus   corpus
}{
	{"gb18030", simplifiedchinese.GB18030, simplifiedCorpus},
	{"code page 950", traditionalchinese.Big5, traditionalCorpus},
	{"code page 949", korean.EUCKR, koreanCorpus},
	{"code page 932", japanese.ShiftJIS, japaneseCorpus},
	{"EUC-JP", japanese.EUCJP, japaneseCorpus},
	{"code page 1251", charmap.Windows1251, russianCorpus},
	{"KOI8-R", charmap.KOI8R, russianCorpus},
	{"code page 866", charmap.CodePage866, russianCorpus},
	{"code page 1252", charmap.Windows1252, westernCorpus},
	{"code page 850", charmap.CodePage850, westernCorpus},
	{"Mac OS Roman", charmap.Macintosh, westernCorpus},
	{"utf-8", encoding.Nop, simplifiedCorpus},
	{"utf-8", encoding.Nop, traditionalCorpus},
	{"utf-8", encoding.Nop, koreanCorpus},
	{"utf-8", encoding.Nop, japaneseCorpus},
	{"utf-8", encoding.Nop, russianCorpus},
	{"utf-8", encoding.Nop, westernCorpus},
}

// files makes manifests of a corpus, by kind and by what they are about.
func (c corpus) files() map[string]map[string]string {
	files := map[string]map[string]string{}
	add := func(kind, title string, rows ...[2]string) {
		text := "image_id,region_id,image_name,description\n"
		for i, row := range rows {
			text += fmt.Sprintf("m-bp1%04d,cn-hangzhou,%s,\"%s\"\n", i, row[0], row[1])
		}
		if files[kind] == nil {
			files[kind] = map[string]string{}
		}
		files[kind][title] = text
	}
	for _, word := range c.words {
		add("one word", word, [2]string{"web-" + word + "-v2", ""})
		var rows [][2]string
		for i := range 20 {
			rows = append(rows, [2]string{fmt.Sprintf("%s-%d", word, i), "x" + word})
		}
		add("one word in each row", word, rows...)
	}
	for _, name := range c.names {
		add("one name", name, [2]string{name, ""})
	}
	for _, sentence := range c.sentences {
		add("one description", sentence, [2]string{"web", sentence})
	}
	var all [][2]string
	for i, name := range c.names {
		row := [2]string{name, c.sentences[i%len(c.sentences)]}
		add("a name and a description", name, row)
		all = append(all, row)
	}
	for i := 0; i+3 <= len(all); i += 3 {
		add("three rows of names", c.names[i], [2]string{c.names[i]}, [2]string{c.names[i+1]}, [2]string{c.names[i+2]})
	}
	add("a whole file", "all", all...)
	return files
}

// uncertain lists what is refused although it is in an encoding that we read,
// and what else it could be: one or two characters are all there is to go by, or
// rare ones.
var uncertain = map[string][]string{
	"one description": {
		"gb18030, 草稿, 課後 in EUC-JP",
	},
	"one word": {
		"gb18030, 中, жп in KOI8-R",
		"gb18030, 刘洋, 증捏 in code page 949 (Korean)",
		"gb18030, 周燚, 鷺잻 in code page 949 (Korean)",
		"gb18030, 张伟, ﾕﾅﾎｰ in code page 932 (Japanese)",
		"gb18030, 新, ะย in code page 874 (Thai)",
		"gb18030, 昇腾, 逼ﾌﾚ in code page 932 (Japanese)",
		"gb18030, 朱镕基, 紾噷價 in code page 950 (Traditional Chinese)",
		"gb18030, 李娜, 쟀컹 in code page 949 (Korean)",
		"gb18030, 王芳, 藍啓 in EUC-JP",
		"gb18030, 系统, ϵͳ in utf-8, 狼由 in EUC-JP",
		"gb18030, 芦苇, 芦苇 in gb18030, ﾂｫﾎｭ in code page 932 (Japanese)",
		"gb18030, 蓝鲸, ﾀｶｾｨ in code page 932 (Japanese)",
		"gb18030, 谢谢, 谢谢 in gb18030",
		"gb18030, 远远, ԶԶ in utf-8",
		"gb18030, 郭堃, 벋댯 in code page 949 (Korean)",
		"gb18030, 陈喆, 냈넺 in code page 949 (Korean)",
		"gb18030, 鲲鹏, φοΕτ in code page 1253 (Greek)",
		"gb18030, 麒麟, чичл in code page 1251 (Cyrillic)",
		"utf-8, ó, 贸 in gb18030, 처 in code page 949 (Korean)",
	},
}

// TestConfusion reads what other programs write, without being told the
// encoding. Nothing may be read wrong; what is refused although it is in an
// encoding that we read is listed.
func TestConfusion(t *testing.T) {
	refused := map[string][]string{} // by kind
	type row struct{ files, right, refused, wrong int }
	matrix := map[string]row{}
	var order []string
	for _, w := range writers {
		for kind, files := range w.corpus.files() {
			for title, text := range files {
				cell := fmt.Sprintf("%-15s %s", w.name, kind)
				encoded, err := w.encoding.NewEncoder().String(text)
				if err != nil || strings.IndexFunc(encoded, func(r rune) bool { return r >= 0x80 }) < 0 {
					continue // not of this code page
				}
				if _, ok := matrix[cell]; !ok {
					order = append(order, cell)
				}
				m := matrix[cell]
				m.files++
				f := read(t, encoded, manifest.Options{})
				switch {
				case f.Encoding == "":
					m.refused++
					if w.name == "utf-8" || w.name == "gb18030" {
						refused[kind] = append(refused[kind], w.name+", "+title+rivals(f.Problems[0].Error()))
					}
				case len(f.Problems) > 0:
					m.refused++ // begins like one encoding, but is not in it
				case f.Encoding == w.name:
					m.right++
				default:
					m.wrong++
					t.Errorf("%s, %s: %q is read as %s: %q", w.name, kind, title, f.Encoding, f.Rows[0].Want)
				}
				matrix[cell] = m
			}
		}
	}
	slices.Sort(order)
	t.Logf("%-50s %6s %6s %8s %6s", "written as", "files", "read", "refused", "wrong")
	for _, cell := range order {
		m := matrix[cell]
		t.Logf("%-50s %6d %6d %8d %6d", cell, m.files, m.right, m.refused, m.wrong)
	}
	for _, titles := range refused {
		slices.Sort(titles)
	}
	if diff := cmp.Diff(refused["one word"], refused["one word in each row"]); diff != "" {
		t.Errorf("a word proves more if it is repeated (-once +twenty times):\n%s", diff)
	}
	delete(refused, "one word in each row")
	if diff := cmp.Diff(uncertain, refused); diff != "" {
		t.Errorf("refused although right (-want +got):\n%s", diff)
	}
}

// rivals are the other readings that a refusal shows.
func rivals(problem string) string {
	var all string
	for _, m := range regexp.MustCompile(`"(?:web-)?([^"]*?)(?:-v2|-0)?" as ([^,;]*)`).FindAllStringSubmatch(problem, -1)[1:] {
		all += fmt.Sprintf(", %s in %s", m[1], m[2])
	}
	return all
}
