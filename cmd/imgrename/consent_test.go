package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgrename/batch/ecs"
	"imgrename/batch/ecs/ecssim"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
)

// A person is somebody at a terminal who answers and reads.
type person struct {
	streams
	reads bytes.Buffer
}

func newPerson(answers io.Reader) *person {
	p := new(person)
	p.streams = streams{in: answers, out: &sink{w: io.Discard}, err: &sink{w: &p.reads}, interactive: true}
	return p
}

// questions counts the prompts.
func (p *person) questions() int { return strings.Count(p.reads.String(), "Type yes to apply: ") }

// TestConsentForTheSameChanges: a person who has confirmed changes is asked
// again only if the changes are different now.
func TestConsentForTheSameChanges(t *testing.T) {
	renaming := func(name string) *lifecycle.Draft {
		row := manifest.Row{Line: 2, ImageID: "m-1", RegionID: "cn-hangzhou", Want: manifest.Values{ImageName: name}}
		lanes := []plan.Inventory{{
			Lane:   plan.Lane{Account: "1001", Region: "cn-hangzhou"},
			Images: []ecs.Image{{ID: "m-1", Attributes: ecs.Attributes{ImageName: "old"}}},
		}}
		p := plan.New([]plan.Request{{Row: &row}}, lanes)
		return &lifecycle.Draft{Plan: p, Inventories: lanes, Review: review.Of(p, lanes)}
	}
	p := newPerson(strings.NewReader("yes\n"))
	a := &apply{planning: planning{reading: reading{common: &common{streams: p.streams}}}}
	for range 2 {
		if err := a.consent(t.Context(), renaming("new"), nil); err != nil || p.questions() != 1 {
			t.Fatalf("%v after %d questions, want one for the same changes", err, p.questions())
		}
	}
	err := a.consent(t.Context(), renaming("other"), nil)
	if !is[*refusedError](err) || err.Error() != "not confirmed: standard input has ended" || p.questions() != 2 {
		t.Errorf("%v after %d questions, want a second one for other changes", err, p.questions())
	}
}

// TestConsentToClosing: a person is told which run will be closed before
// anything is done, and is asked only once.
func TestConsentToClosing(t *testing.T) {
	folder := t.TempDir()
	server, err := ecssim.New(ecssim.Config{Accounts: []ecssim.Account{{
		ID: simulatedAccount, Keys: []ecssim.Key{{AccessKeyID: "test", Secret: "secret"}}, Regions: ecssim.Generate(9),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	for _, variable := range append(environment(web.URL, folder)[len(os.Environ()):], "ALIBABA_CLOUD_ACCESS_KEY_ID=test", "IMGRENAME_YES=", "IMGRENAME_SETTLE=1ms") {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	write := func(name string, images ...string) string {
		path := filepath.Join(folder, name)
		text := "image_id,region_id,image_name\n" + strings.Join(images, "")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var rows []string
	for _, n := range "12345678" {
		rows = append(rows, "m-c13a382100000000000"+string(n)+",cn-hangzhou,renamed-"+string(n)+"\n")
	}
	many, one := write("many.csv", rows...), write("one.csv", "m-c13a3821000000000009,cn-hangzhou,web\n")
	if code := run(t.Context(), []string{"apply", many, "--yes", "--rate", "2", "--deadline", "1200ms"}, newPerson(nil).streams); code != codePending {
		t.Fatalf("exit code %d, want %d", code, codePending)
	}
	before := len(writesOf(server.History()))

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(signalError{os.Interrupt})
	silent, hangUp := io.Pipe()
	defer hangUp.Close()
	for _, test := range []struct {
		name    string
		ctx     context.Context
		answers io.Reader
		want    int
		tells   string
	}{
		{"no", t.Context(), strings.NewReader("no\n"), codeRefused, "Type yes to apply: imgrename: cancelled; nothing was done\n"},
		{"an interrupt", ctx, silent, codeUnreadable, "stopped by interrupt; nothing was done\n"},
		{"yes", t.Context(), strings.NewReader("yes\n"), codeOK, "is closed: 8 rows"},
	} {
		p := newPerson(test.answers)
		if code := run(test.ctx, []string{"apply", one}, p.streams); code != test.want || !strings.Contains(p.reads.String(), test.tells) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s", test.name, code, test.want, test.tells, p.reads.String())
		}
		if test.want == codeUnreadable {
			continue // it never came to the question
		}
		told := strings.Index(p.reads.String(), "is unfinished and will be closed first; its remaining rows will not be done\nChange 1 image of account 1000000000000001 (cn-hangzhou 1), and close 1 unfinished run? Type yes to apply: ")
		if told < 0 || p.questions() != 1 {
			t.Errorf("%s: %d questions:\n%s", test.name, p.questions(), p.reads.String())
		}
		if test.want != codeOK && len(writesOf(server.History())) != before {
			t.Errorf("%s: something was written", test.name)
		}
	}
}

// TestInterruptAtThePrompt: its message begins on a new line.
func TestInterruptAtThePrompt(t *testing.T) {
	silent, hangUp := io.Pipe()
	defer hangUp.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(signalError{os.Interrupt})
	p := newPerson(silent)
	a := &apply{planning: planning{reading: reading{common: &common{streams: p.streams}}}}
	row := manifest.Row{Line: 2, ImageID: "m-1", Want: manifest.Values{ImageName: "new"}}
	made := plan.New([]plan.Request{{Row: &row}}, []plan.Inventory{{Images: []ecs.Image{{ID: "m-1"}}}})
	err := a.consent(ctx, &lifecycle.Draft{Plan: made, Review: new(review.Review)}, nil)
	if !is[*refusedError](err) || !strings.HasSuffix(p.reads.String(), "Type yes to apply: \n") {
		t.Errorf("%v, after %q", err, p.reads.String())
	}
}

// TestUnsaid: an error beside an outcome is told, the outcome is not told
// again.
func TestUnsaid(t *testing.T) {
	outcome := &outcomeError{}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"an outcome", outcome, ""},
		{"an outcome and a file that could not be closed", errors.Join(outcome, errors.New("close: no space")), "close: no space"},
		{"the same, deeper", errors.Join(errors.Join(outcome, errors.New("a")), errors.New("b")), "a; b"},
		{"no outcome", errors.New("disk on fire"), "disk on fire"},
	} {
		if got := textOf(unsaid(test.err)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A person reads the rows one by one where they are few, and the review always.
func TestQuestionIsPrecededByFewRows(t *testing.T) {
	for _, test := range []struct {
		rows    string
		changes int
		listed  bool
	}{
		{"auto", fewChanges, true},
		{"auto", fewChanges + 1, false},
		{"all", fewChanges + 1, true},
		{"none", 1, false},
	} {
		t.Run(fmt.Sprintf("%s %d", test.rows, test.changes), func(t *testing.T) {
			lanes := []plan.Inventory{{Lane: plan.Lane{Account: "1001", Region: "cn-hangzhou"}}}
			rows := make([]manifest.Row, test.changes)
			requests := make([]plan.Request, test.changes)
			for i := range rows {
				id := fmt.Sprintf("m-%03d", i)
				lanes[0].Images = append(lanes[0].Images, ecs.Image{ID: id, Attributes: ecs.Attributes{ImageName: "packer-" + id}, InUse: i == 0})
				rows[i] = manifest.Row{Line: i + 2, ImageID: id, RegionID: "cn-hangzhou", Want: manifest.Values{ImageName: id}}
				requests[i].Row = &rows[i]
			}
			p := plan.New(requests, lanes)
			reader := newPerson(strings.NewReader("yes\n"))
			a := &apply{planning: planning{reading: reading{common: &common{streams: reader.streams, rows: test.rows}}}}
			if err := a.consent(t.Context(), &lifecycle.Draft{Plan: p, Inventories: lanes, Review: review.Of(p, lanes)}, nil); err != nil {
				t.Fatal(err)
			}
			said := reader.reads.String()
			if listed := strings.Contains(said, "  m-000  packer-m-000 → m-000\n"); listed != test.listed {
				t.Errorf("rows are listed: %v, in\n%s", listed, said)
			}
			if !strings.Contains(said, "instances were made from 1 image: m-000") {
				t.Errorf("no review in\n%s", said)
			}
		})
	}
}
