package runs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imgrename/batch/runs"
)

func idsOf(t *testing.T) func(list []runs.Info, err error) []string {
	return func(list []runs.Info, err error) []string {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		var ids []string
		for _, info := range list {
			ids = append(ids, info.ID)
		}
		return ids
	}
}

func TestRunsInOrder(t *testing.T) {
	folder, path := stateFolder(t)
	if list, err := folder.Runs(); len(list) > 0 || err != nil {
		t.Errorf("Runs of an empty state folder = %v, %v", list, err)
	}
	if left, _ := os.ReadDir(path); len(left) > 0 {
		t.Errorf("listing made %v", left)
	}
	finished := oldRun(t, folder, start, false)
	pending := oldRun(t, folder, start.Add(time.Second), true)
	never := newRun(t, folder, start.Add(2*time.Second)).ID()
	killed := begunRun(t, folder, start.Add(3*time.Second)).ID()
	later := oldRun(t, folder, start.Add(4*time.Second), false)
	sooner := oldRun(t, folder, start.Add(4*time.Second-time.Millisecond), false)
	put(t, "", path, "runs", "stray")
	for _, stray := range []string{"lost+found", "r-20261123-031502-7f3a.bak"} {
		if err := os.Mkdir(filepath.Join(path, "runs", stray), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ids := idsOf(t)
	if diff := cmp.Diff([]string{killed, pending, later, sooner, never, finished}, ids(folder.Runs())); diff != "" {
		t.Error("Runs:", diff)
	}
	if diff := cmp.Diff([]string{killed, pending}, ids(folder.Unfinished())); diff != "" {
		t.Error("Unfinished:", diff)
	}
}

func TestRunsTellsDamage(t *testing.T) {
	for _, tt := range []struct {
		name       string
		damage     func(dir string) error // to a run that finished
		want       string                 // of the problem
		unfinished bool
		asRoot     bool
	}{
		{name: "none", damage: func(string) error { return nil }},
		{name: "no end", damage: remove("end.json"), unfinished: true},
		{name: "end torn", damage: tear("end.json"), want: "end.json: unexpected end of JSON", unfinished: true},
		{name: "end empty", damage: write("end.json", ""), want: "end.json: ", unfinished: true},
		{name: "end of another version", damage: write("end.json", `{"version":3,"run":"ID","ended":7}`), want: "later version", unfinished: true},
		{name: "end of nothing", damage: write("end.json", "null"), want: "no version", unfinished: true},
		{name: "end of another run", damage: write("end.json", `{"version":1,"run":"r-20200101-000000-0000"}`), want: `belongs to run "r-20200101-000000-0000"`, unfinished: true},
		{name: "end too long", damage: write("end.json", strings.Repeat(" ", 5<<20)), want: "longer than", unfinished: true},
		{name: "end a folder", damage: then(remove("end.json"), mkdir("end.json")), want: "not a plain file", unfinished: true},
		{name: "end a link", damage: then(copyTo("end.json", "x"), remove("end.json"), link("x", "end.json")), want: "not a plain file", unfinished: true},
		{name: "end a pipe", damage: then(remove("end.json"), pipe("end.json")), want: "not a plain file", unfinished: true},
		{name: "head torn", damage: tear("head.json"), want: "head.json: unexpected end of JSON"},
		{name: "head of another type", damage: write("head.json", `{"version":1,"run":"ID","rows":"two"}`), want: "head.json: json:"},
		{name: "head missing", damage: remove("head.json"), want: "head.json: it is missing"},
		{name: "both torn", damage: then(tear("head.json"), tear("end.json")), want: "head.json: ", unfinished: true},
		{name: "head missing, journal there", damage: then(remove("head.json"), remove("end.json"), write("journal", "x")), want: "head.json: it is missing", unfinished: true},
		{name: "never begun", damage: then(remove("head.json"), remove("end.json"), write(".head.json.00000000.tmp", "{")), want: "stopped before it began"},
		{name: "a link to a run", damage: func(dir string) error {
			return errors.Join(os.Rename(dir, dir+"x"), os.Symlink(filepath.Base(dir)+"x", dir))
		}, want: "not a folder", unfinished: true},
		{name: "a file", damage: func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600))
		}, want: "not a folder", unfinished: true},
		{name: "others may write", damage: func(dir string) error { return os.Chmod(dir, 0o770) }, want: "others may write to it (mode 0770)", unfinished: true},
		{name: "another owner", damage: func(dir string) error { return os.Chown(dir, 65534, 65534) }, want: "belongs to user 65534", unfinished: true, asRoot: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.asRoot && os.Geteuid() != 0 {
				t.Skip("only root can give files away")
			}
			folder, path := stateFolder(t)
			id := oldRun(t, folder, start, false)
			if err := tt.damage(filepath.Join(path, "runs", id)); err != nil {
				t.Fatal(err)
			}
			list, err := folder.Runs()
			if len(list) != 1 || err != nil || list[0].ID != id {
				t.Fatalf("Runs = %v, %v", list, err)
			}
			checkProblem(t, id, list[0].Problem, tt.want)
			if got := list[0].Unfinished(); got != tt.unfinished {
				t.Errorf("Unfinished = %v", got)
			}
		})
	}
}

func checkProblem(t *testing.T, id string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	damaged, ok := errors.AsType[*runs.DamagedError](err)
	if !ok || damaged.ID != id || !strings.Contains(err.Error(), want) {
		t.Errorf("Problem = %v, want a DamagedError with %q", err, want)
		return
	}
	if hint := damaged.Hint(); (hint == "") != strings.Contains(want, "before it began") {
		t.Errorf("hint: %q", hint)
	}
}

// The ways to damage a run, given its folder.

func then(all ...func(string) error) func(string) error {
	return func(dir string) error {
		for _, damage := range all {
			if err := damage(dir); err != nil {
				return err
			}
		}
		return nil
	}
}

func remove(name string) func(string) error {
	return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
}

func mkdir(name string) func(string) error {
	return func(dir string) error { return os.Mkdir(filepath.Join(dir, name), 0o700) }
}

func pipe(name string) func(string) error {
	return func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, name), 0o600) }
}

func link(target, name string) func(string) error {
	return func(dir string) error { return os.Symlink(target, filepath.Join(dir, name)) }
}

func copyTo(name, other string) func(string) error {
	return func(dir string) error { return os.Link(filepath.Join(dir, name), filepath.Join(dir, other)) }
}

func write(name, text string) func(string) error {
	return func(dir string) error {
		text := strings.ReplaceAll(text, "ID", filepath.Base(dir))
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
	}
}

func tear(name string) func(string) error {
	return func(dir string) error { return os.Truncate(filepath.Join(dir, name), 20) }
}

func TestOpenRunOfDamage(t *testing.T) {
	folder, path := stateFolder(t)
	torn, linked := oldRun(t, folder, start, false), "r-20261123-031502-zzzz"
	linked = strings.ReplaceAll(linked, "z", "0")
	dir := filepath.Join(path, "runs")
	if err := errors.Join(tear("head.json")(filepath.Join(dir, torn)), link(torn, linked)(dir)); err != nil {
		t.Fatal(err)
	}
	run, err := folder.OpenRun(torn)
	if err != nil {
		t.Fatal("a run with a damaged file cannot be looked at:", err)
	}
	defer func() { _ = run.Close() }()
	if run.Info().Problem == nil {
		t.Error("no problem")
	}
	_, err = folder.OpenRun(linked)
	checkProblem(t, linked, err, "not a folder")
}
