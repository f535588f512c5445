package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"imgrename/report"
)

// The pages in Chinese are those of topics, explain the same words, name only flags
// and topics that there are, and fit a terminal.
func TestChinesePages(t *testing.T) {
	for _, page := range []struct{ name, words string }{
		{"manifest", `[a-z]+(?:_[a-z]+)*`},
		{"outcomes", `[a-z]+`},
		{"exit-codes", `[0-9]+`},
	} {
		_, text := readPage("zh/" + page.name)
		checkWords(t, text)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if n := runewidth.StringWidth(line); n > helpWidth || strings.TrimRight(line, " ") != line || report.Printable(line) != line {
				t.Errorf("%s: %d columns: %q", page.name, n, line)
			}
		}
		var words []string
		for _, found := range regexp.MustCompile(`(?m)^  (`+page.words+`)(?:  |$)`).FindAllStringSubmatch(text, -1) {
			words = append(words, found[1])
		}
		if want := terms(t, page.name, page.words); !slices.Equal(words, want) {
			t.Errorf("%s explains %q, want %q", page.name, words, want)
		}
	}
}

// Every hint about a manifest's values and a plan's rows is there in Chinese, with
// the same values in it.
func TestChineseHints(t *testing.T) {
	hints := append(hintsIn(t, "../../manifest", "../../batch/ecs", "../../batch/plan", "../../batch/ecs/names"), built...)
	value := strings.NewReplacer("%s", "VALUE", "%q", `"VALUE"`, "%d", "17")
	for _, hint := range hints {
		english := value.Replace(hint)
		chinese := inChinese(english)
		if chinese == "" {
			t.Errorf("not in Chinese: %s", hint)
		}
		for _, word := range []string{"VALUE", "17"} {
			if strings.Contains(english, word) != strings.Contains(chinese, word) {
				t.Errorf("%q has other values than %q", chinese, english)
			}
		}
		for _, word := range regexp.MustCompile(`--[a-z-]+|current_name|image_id`).FindAllString(english, -1) {
			if !strings.Contains(chinese, word) {
				t.Errorf("%q lacks %s", chinese, word)
			}
		}
	}
	for _, p := range phrases() {
		if inUse := func(hint string) bool { return p.english.MatchString(value.Replace(hint)) }; !slices.ContainsFunc(hints, inUse) {
			t.Errorf("no hint is %s", p.english)
		}
	}
}

// built are hints that the source has elsewhere.
var built = []string{
	"write %q in composed characters (Unicode NFC)", "2 to 128 characters are allowed", "2 to 256 characters are allowed",
	"a name must not start with aliyun or acs:", "a name must not contain http:// or https://",
	"a description must not start with http:// or https://", "the API will be asked anyway", "one of: %s", "did you mean %s?",
	"ids look like m-bp18ygjuqnwhechc0001; leave the cell blank and give current_name to find an image by its name",
	"region ids look like cn-hangzhou: lower-case letters, digits and hyphens", "check the region ids",
	"the session has expired: sign in again", "unpack it first: gunzip", "unpack it first: unzip", "save it as UTF-8",
	"correct these rows or images and apply the manifest again: what is done ends as unchanged",
	"%s shows every row; correct these rows or images and apply the manifest again: what is done ends as unchanged",
}

// hintsIn returns the hints of some packages, as they are in the source: texts that
// go to withHint, and those of variables and constants whose names say so.
func hintsIn(t *testing.T, folders ...string) (hints []string) {
	t.Helper()
	add := func(e ast.Expr) {
		if text, ok := e.(*ast.BasicLit); ok && text.Value != `"%s"` {
			hint, _ := strconv.Unquote(text.Value)
			hints = append(hints, hint)
		}
	}
	named := regexp.MustCompile(`Hint$|^hints$|^oneKind$|^saveSheet$|^badStart$|^badRune$`)
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "withHint" {
				add(n.Args[0])
			}
		case *ast.ValueSpec:
			for i, value := range n.Values {
				if !named.MatchString(n.Names[i].Name) {
					continue
				}
				add(value)
				if table, ok := value.(*ast.CompositeLit); ok {
					for _, entry := range table.Elts {
						add(entry.(*ast.KeyValueExpr).Value)
					}
				}
			}
		}
		return true
	}
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "_test.go") {
				ast.Inspect(file, look)
			}
		}
	}
	return hints
}
