package batch_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// topDown lists the files of this package, and of others below it, from top to
// bottom: drivers above what they drive, state below. A file refers only to files
// below it.
var topDown = map[string][]string{".": engine, "lifecycle": life}

var life = []string{
	"doc.go",
	// The page: a start, and a resume.
	"start.go",
	"others.go",
	"takeup.go",
	"execute.go",
	"seal.go",
	// The steps before a run.
	"settle.go",
	"lock.go",
	"verify.go",
	"prepare.go",
	// What is on disk of a run: its journal, and whether its files belong together.
	"sound.go",
	"record.go",
	"parked.go",
	// State: a run, what it is handed, what it is made of, and what it tells.
	"run.go",
	"watch.go",
	"life.go",
	"guard.go",
	"budget.go",
	"draft.go",
	"event.go",
}

var engine = []string{
	"doc.go",
	// Drivers: a run, its lanes and what they confirm; a chain; a step.
	"job.go",
	"verify.go",
	"confirm.go",
	"chain.go",
	"unwind.go",
	"step.go",
	"send.go",
	"name.go",
	"settle.go",
	"compare.go",
	"results.go",
	// State: who holds what, and what is held.
	"run.go",
	"refusals.go",
	"ends.go",
	"ahead.go",
	"joined.go",
	"pool.go",
	"journal.go",
	// Lanes, with or without a run, and what they read.
	"load.go",
	"read.go",
	"pages.go",
	"lane.go",
	"reach.go",
	// The circuit breaker, and what is told of lanes.
	"probes.go",
	"breaker.go",
	"sights.go",
	"events.go",
	"watch.go",
	"backoff.go",
}

func TestFilesReferDownwards(t *testing.T) {
	for folder, list := range topDown {
		t.Run(folder, func(t *testing.T) {
			names, err := filepath.Glob(filepath.Join(folder, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			sources := make(map[string]string)
			for _, name := range names {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(name, "_test.go") {
					sources[filepath.Base(name)] = string(text)
				}
			}
			for _, problem := range misplaced(t, list, sources, exportData(t, folder)) {
				t.Error(problem)
			}
		})
	}
}

// TestPackageCommentsNameFiles: a package comment speaks of files that are there,
// and the one of this package of all of them.
func TestPackageCommentsNameFiles(t *testing.T) {
	word := regexp.MustCompile(`\b[a-z]+\.go\b`)
	for _, folder := range []string{".", "lifecycle", "plan", "review", "runs", "../cmd/imgrename"} {
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, name := range names {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc != nil && !strings.HasSuffix(name, "_test.go") {
				told = append(told, word.FindAllString(file.Doc.Text(), -1)...)
			}
		}
		for _, name := range told {
			if !slices.Contains(names, filepath.Join(folder, name)) {
				t.Errorf("the comment of %s speaks of %s, which is not there", folder, name)
			}
		}
		if folder == "." {
			for _, name := range engine[1:] {
				if !slices.Contains(told, name) {
					t.Errorf("the package comment lacks %s", name)
				}
			}
		}
	}
}

func TestMisplacedFindsReferencesUpwards(t *testing.T) {
	const below = `package p; type T struct { n int; deeper }; type deeper struct { m int }; func (T) do() {}; const c = 1; var v T; type G[E any] struct { e E }`
	for _, test := range []struct {
		name, top, bottom string
		want              []string
	}{
		{"nothing", below, `package p; import "io"; func f(r io.Reader) { r.Read(nil) }`, nil},
		{"a type", below, `package p; func f(T) {}`, []string{"bottom.go refers to T of top.go"}},
		{"a constant", below, `package p; const d = c`, []string{"bottom.go refers to c of top.go"}},
		{"a variable and its method", below, `package p; func f() { v.do() }`, []string{"bottom.go refers to do of top.go", "bottom.go refers to v of top.go"}},
		{
			"the type of a result", `package p; type T struct { n int }; func f() int { return g().n }`,
			`package p; func g() (t T) { return t }`,
			[]string{"bottom.go refers to T of top.go"},
		},
		{
			"a promoted field", below + `; type U struct { T }`, `package p; var w = func() int { return (*U)(nil).m }()`,
			[]string{"bottom.go refers to U of top.go", "bottom.go refers to m of top.go"},
		},
		{
			"a field of a generic type", below, `package p; func f(g G[int]) int { return g.e }`,
			[]string{"bottom.go refers to G of top.go", "bottom.go refers to e of top.go"},
		},
		{"an embedded type", below, `package p; type U struct { T }`, []string{"bottom.go refers to T of top.go"}},
		{"downwards", `package p; func g(t T) int { return t.n + c }`, below, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			sources := map[string]string{"top.go": test.top, "bottom.go": test.bottom}
			got := misplaced(t, []string{"top.go", "bottom.go"}, sources, importer.Default())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	got := misplaced(t, []string{"gone.go"}, map[string]string{"new.go": "package p"}, nil)
	if want := []string{"gone.go is listed but does not exist", "new.go is not listed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// exportData imports packages as the compiler has built them.
func exportData(t *testing.T, folder string) types.Importer {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./"+folder).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
}

// misplaced returns, sorted, the references of a file to one above it, and the
// files that are not both in the list and among the sources. Fields and methods
// count for the file that declares them.
func misplaced(t *testing.T, list []string, sources map[string]string, imports types.Importer) []string {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	var problems []string
	for name, text := range sources {
		if !slices.Contains(list, name) {
			problems = append(problems, name+" is not listed")
		}
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, name := range list {
		if _, ok := sources[name]; !ok {
			problems = append(problems, name+" is listed but does not exist")
		}
	}
	info := types.Info{Uses: make(map[*ast.Ident]types.Object)}
	own, err := (&types.Config{Importer: imports}).Check("p", fset, files, &info)
	if err != nil {
		t.Fatal(err)
	}
	file := func(at token.Pos) string { return fset.Position(at).Filename }
	for use, object := range info.Uses {
		from, to := file(use.Pos()), file(object.Pos())
		if object.Pkg() == own && slices.Index(list, from) > slices.Index(list, to) {
			problems = append(problems, fmt.Sprintf("%s refers to %s of %s", from, use.Name, to))
		}
	}
	slices.Sort(problems)
	return slices.Compact(problems)
}
