package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// Every topic is printed by "imgrename help TOPIC", fits a terminal, is listed by
// "imgrename --help" and hides no command.
func TestTopics(t *testing.T) {
	files, err := filepath.Glob("help/topics/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	list := helpOf(t, newRoot(new(common)))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			text := topic(t, name)
			want := text
			if name == "json" { // the schema follows
				schema, _ := pages.ReadFile("help/events.schema.json")
				want += "\n" + string(schema)
			}
			if code, out, said := try("help", name); code != codeOK || out != want || said != "" {
				t.Errorf("exit code %d, standard error %q (-file +printed):\n%s", code, said, cmp.Diff(want, out))
			}
			checkTopic(t, text)
			title, _, _ := strings.Cut(text, "\n")
			if !regexp.MustCompile(`(?m)^  ` + name + ` +` + regexp.QuoteMeta(title) + `$`).MatchString(list) {
				t.Errorf("--help does not list %q", title)
			}
			if cmd, _, err := newRoot(new(common)).Find([]string{name}); err == nil && cmd.Name() == name {
				t.Errorf("help %s is the help of a command", name)
			}
			if code, out, said := try(name); code != codeUsage || out != "" || !strings.Contains(said, "help "+name) {
				t.Errorf("as a command: exit code %d, output %q, standard error %q", code, out, said)
			}
		})
	}
}

// checkTopic checks a topic's form, and that the topics and flags that it names
// exist.
func checkTopic(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") || report.Printable(strings.ReplaceAll(text, "\n", "")) != strings.ReplaceAll(text, "\n", "") {
		t.Error("a control character, or no line break at the end")
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(line) > helpWidth || strings.TrimRight(line, " ") != line {
			t.Errorf("too wide, or ends with a space: %s", line)
		}
	}
	facts := strings.Join((&common{}).facts(ending{}), "")
	for _, found := range regexp.MustCompile(`IMGRENAME_([A-Z_]+)`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(facts, found[0]+"=") && !slices.Contains(flagNames(newRoot(new(common))), strings.ReplaceAll(strings.ToLower(found[1]), "_", "-")) {
			t.Errorf("there is no %s", found[0])
		}
	}
	checkWords(t, text)
}

// checkWords checks that the flags and topics that a text names exist, except
// in commands of other programs.
func checkWords(t *testing.T, text string) {
	t.Helper()
	text = regexp.MustCompile(`(?m)^ *aliyun (.*\\\n)*.*$`).ReplaceAllString(withoutRecipes(t, text), "")
	flags := append(flagNames(newRoot(new(common))), "help")
	for _, found := range regexp.MustCompile(`(?:^|[^-\w])--([a-z][a-z-]*)`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(flags, found[1]) {
			t.Errorf("there is no --%s", found[1])
		}
	}
	for _, found := range regexp.MustCompile(`imgrename help ([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if code, _, said := try("help", found[1]); code != codeOK {
			t.Error(found[0], said)
		}
	}
}

// try runs a command line that needs no cloud.
func try(args ...string) (code int, out, said string) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, streams{out: &sink{w: &stdout}, err: &sink{w: &stderr}})
	return code, stdout.String(), stderr.String()
}

// topic returns the text of a topic.
func topic(t *testing.T, name string) string {
	t.Helper()
	_, text := readPage("topics/" + name)
	if name == "flags" {
		text += newRoot(new(common)).PersistentFlags().FlagUsagesWrapped(helpWidth)
	}
	if text == "" {
		t.Fatalf("there is no topic %s", name)
	}
	return text
}

// TestEventsExplained: the topic json has each field of each event.
func TestEventsExplained(t *testing.T) {
	text := topic(t, "json")
	for event, kind := range map[string]any{
		"problem": problemEvent{}, "row": rowEvent{}, "change": changeEvent{}, "warning, risk": noticeEvent{}, "lane": laneEvent{},
		"refusal": refusalEvent{}, "rule": ruleEvent{}, "outlier": outlierEvent{}, "since": sinceEvent{}, "closed": closedEvent{}, "version": versionEvent{}, "run": runEvent{}, "summary": summary{},
	} {
		entry := regexp.MustCompile(`(?m)^` + event + `\b.*(\n .*)+`).FindString(text)
		if entry == "" {
			t.Errorf("%s is missing", event)
		}
		for _, field := range fieldsOf(reflect.TypeOf(kind)) {
			if field != "event" && !regexp.MustCompile(`\b`+field+`\b`).MatchString(entry) {
				t.Errorf("%s: %s is missing in:\n%s", event, field, entry)
			}
		}
	}
}

// fieldsOf returns the names in JSON of a struct's fields, and of those within.
func fieldsOf(kind reflect.Type) (names []string) {
	switch {
	case kind.Kind() == reflect.Pointer, kind.Kind() == reflect.Map:
		return fieldsOf(kind.Elem())
	case kind.Kind() != reflect.Struct || kind == reflect.TypeFor[time.Time]():
		return nil
	}
	for i := range kind.NumField() {
		field := kind.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name != "" {
			names = append(names, name)
		}
		names = append(names, fieldsOf(field.Type)...)
	}
	return names
}

// terms returns the words that a list in a topic explains: those that begin its
// lines and match a pattern, in order.
func terms(t *testing.T, name, pattern string) (words []string) {
	t.Helper()
	for _, found := range regexp.MustCompile(`(?m)^  (`+pattern+`)(?:  |$)`).FindAllStringSubmatch(topic(t, name), -1) {
		words = append(words, found[1])
	}
	return words
}

// The lists in topics are complete.
func TestTopicsAreComplete(t *testing.T) {
	var outcomes, risks []string
	for _, o := range plan.Outcomes() {
		outcomes = append(outcomes, o.String())
	}
	for _, k := range plan.RiskKinds() {
		risks = append(risks, k.String())
	}
	for _, tt := range []struct {
		topic     string
		got, want []string
	}{
		{"outcomes", terms(t, "outcomes", `[a-z]+`), outcomes},
		{"guards", terms(t, "guards", `[a-z]+(?:-[a-z]+)?`), risks},
		{"manifest", terms(t, "manifest", `[a-z]+(?:_[a-z]+)*`), knownColumns(t)},
		{"reports", terms(t, "reports", `[a-z]+(?:_[a-z]+)?`), reportColumns(t)},
		{"exit-codes", terms(t, "exit-codes", `[0-9]+`), exitCodes(t)},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-there are +the topic has):\n%s", tt.topic, diff)
		}
	}
}

// knownColumns returns the columns of a manifest, as its reader lists them.
func knownColumns(t *testing.T) []string {
	t.Helper()
	file, err := manifest.Read(strings.NewReader("qqqqqqqq\n"), manifest.Options{})
	if err != nil || len(file.Problems) == 0 {
		t.Fatal(file, err)
	}
	list, _, _ := strings.Cut(strings.TrimPrefix(file.Problems[0].Hint(), "columns are "), ";")
	return strings.Split(list, ", ")
}

// reportColumns returns the header of a report.
func reportColumns(t *testing.T) []string {
	t.Helper()
	var sheet bytes.Buffer
	if err := (report.Report{Plan: new(plan.Plan)}).CSV(&sheet); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(sheet.String()), ",")
}

// exitCodes returns the constants of exit.go.
func exitCodes(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "code") && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.INT {
				codes = append(codes, value.Value)
			}
		}
		return true
	})
	slices.SortFunc(codes, func(a, b string) int { return number(t, a) - number(t, b) })
	return codes
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// recipes are files that topics print: those of testdata/recipes, and of packages.
var recipes = map[string][]string{
	"kubernetes": {"kubernetes.yaml"},
	"slurm":      {"slurm.sh"},
	"systemd":    {"../../cmd/dist/files/imgrename@.service", "../../cmd/dist/files/imgrename@.timer"},
	"on-finish":  {"dingtalk", "feishu", "wecom", "healthchecks", "mail"},
}

// printedRecipe returns a recipe as a topic prints it.
func printedRecipe(t *testing.T, file string) string {
	t.Helper()
	recipe, err := os.ReadFile("../../testdata/recipes/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var indented strings.Builder
	for line := range strings.Lines(string(recipe)) {
		if line != "\n" {
			line = "  " + line
		}
		indented.WriteString(line)
	}
	return indented.String()
}

// withoutRecipes returns a text without the recipes in it.
func withoutRecipes(t *testing.T, text string) string {
	t.Helper()
	for _, files := range recipes {
		for _, file := range files {
			text = strings.ReplaceAll(text, printedRecipe(t, file), "")
		}
	}
	return text
}

// The recipes in topics are those in testdata, which are tried.
func TestRecipesOfTopics(t *testing.T) {
	for name, files := range recipes {
		for _, file := range files {
			if !strings.Contains(topic(t, name), "\n\n"+printedRecipe(t, file)) {
				t.Errorf("help %s has another %s than testdata/recipes", name, file)
			}
		}
	}
}
