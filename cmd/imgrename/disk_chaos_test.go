package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mountAt mounts something for the rest of the test, and skips the test if that
// is not permitted.
func mountAt(t *testing.T, folder string, args ...string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("mount", append(args, folder)...).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %v: %s", err, text)
	}
	t.Cleanup(func() {
		if text, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, text)
		}
	})
}

func remount(t *testing.T, folder, options string) {
	t.Helper()
	if text, err := exec.Command("mount", "-o", "remount,"+options, folder).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, text)
	}
}

// nothingSent checks a program that was refused at the start: exit code 13, no write.
func (j *killedJob) nothingSent(out string, code int) {
	j.t.Helper()
	if n := len(writesOf(j.server.History())); code != codeRefused || n > 0 {
		j.t.Fatalf("exit code %d and %d writes, want 13 and none\n%s", code, n, out)
	}
}

// completed checks that the job can be completed now.
func (j *killedJob) completed() {
	j.t.Helper()
	if out, code := j.program("apply", "names.csv"); code != codeOK {
		j.t.Fatalf("with room: exit code %d\n%s", code, out)
	}
	j.check("names.csv", j.rows, 0)
}

// TestDiskFullAtTheStart: there is no room for the journal, so nothing is sent.
func TestDiskFullAtTheStart(t *testing.T) {
	t.Parallel()
	j := newKilledJob(t, 1, nil)
	state := filepath.Join(j.folder, "state")
	mountAt(t, state, "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs")
	j.nothingSent(j.program("apply", "names.csv"))
	remount(t, state, "size=8m")
	j.completed()
}

// TestDiskWithoutInodes: each file in turn cannot be created, from the lock to
// the note of the end. Either nothing is sent, or the job is done and only the
// report is missing.
func TestDiskWithoutInodes(t *testing.T) {
	t.Parallel()
	for inodes, through := 1, false; !through; inodes++ {
		t.Run(strconv.Itoa(inodes), func(t *testing.T) {
			j := newKilledJob(t, 1, nil)
			state := filepath.Join(j.folder, "state")
			mountAt(t, state, "-t", "tmpfs", "-o", fmt.Sprintf("nr_inodes=%d,mode=700", inodes), "tmpfs")
			out, code := j.program("apply", "names.csv")
			switch through = code == codeOK; {
			case len(writesOf(j.server.History())) == 0:
				j.nothingSent(out, code)
			case code != codeOK && code != codeFailed:
				t.Fatalf("exit code %d, want 1\n%s", code, out)
			}
			remount(t, state, "nr_inodes=1000")
			j.completed()
		})
		through = through || t.Failed() || inodes > 20
	}
}

// TestDiskReadOnly: the state folder exists, but nothing can be written.
func TestDiskReadOnly(t *testing.T) {
	t.Parallel()
	j := newKilledJob(t, 1, nil)
	state := filepath.Join(j.folder, "state")
	if out, code := j.program("runs"); code != codeOK { // makes the folder
		t.Fatal(code, out)
	}
	mountAt(t, state, "--bind", state)
	remount(t, state, "bind,ro")
	j.nothingSent(j.program("apply", "names.csv"))
	remount(t, state, "bind,rw")
	j.completed()
}

// atWrite is the moment when so many writes have come to the server.
func atWrite(n int) point {
	return point{arm: func(j *killedJob, fire func()) func() { return j.target.set(aim{left: n, fire: fire}) }}
}

// TestDiskBreaksTheJournal: the disk is full in the middle of the work. No
// further call is sent, the remaining rows are pending (or stranded, if a ring
// was open), and once there is room the job can be done.
func TestDiskBreaksTheJournal(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip(err)
	}
	for _, writes := range []int{1, 5, 9, 14} {
		t.Run(strconv.Itoa(writes), func(t *testing.T) {
			j := newKilledJob(t, uint64(writes), nil)
			out, code := j.disturbed(atWrite(writes), func(p *os.Process) { j.limitJournal(p, 300) }, "apply", "names.csv")
			want := codePending
			if uncertain.MatchString(out) {
				want = codeUncertain
			}
			if code != want || !strings.Contains(out, " pending") {
				t.Fatalf("exit code %d, want %d\n%s", code, want, out)
			}
			j.completed() // finds any call that is not in the journal
		})
	}
}

var uncertain = regexp.MustCompile(`rows: .*[0-9] (stranded|unknown)`)

// limitJournal lets the files of a process grow to so many bytes more than the
// journal has. That may be too little for the report as well.
func (j *killedJob) limitJournal(p *os.Process, more int64) {
	journal := filepath.Join(j.runs("journal.jsonl")[0], "journal.jsonl")
	info, err := os.Stat(journal)
	if err != nil {
		j.t.Error(err)
		return
	}
	limit := fmt.Sprintf("--fsize=%d", info.Size()+more)
	if text, err := exec.Command("prlimit", "--pid", strconv.Itoa(p.Pid), limit).CombinedOutput(); err != nil {
		j.t.Errorf("prlimit: %v: %s", err, text)
	}
}

// TestDiskLosesTheReport: the folder of the report is removed while the program
// works. The job is done, and the run keeps its own report.
func TestDiskLosesTheReport(t *testing.T) {
	t.Parallel()
	j := newKilledJob(t, 1, nil)
	reports := filepath.Join(j.folder, "reports")
	if err := os.Mkdir(reports, 0o700); err != nil {
		t.Fatal(err)
	}
	out, code := j.disturbed(atWrite(5), func(*os.Process) { _ = os.RemoveAll(reports) }, "apply", "names.csv", "--report", "reports/report.csv")
	if code != codeFailed {
		t.Fatalf("exit code %d, want 1\n%s", code, out)
	}
	j.check("names.csv", j.rows, 0)
}

// TestDiskRefusesTheRunsReport: the run's own report cannot be written. It can
// be rebuilt.
func TestDiskRefusesTheRunsReport(t *testing.T) {
	t.Parallel()
	j := newKilledJob(t, 1, nil)
	out, code := j.disturbed(atWrite(5), func(*os.Process) {
		_ = os.MkdirAll(filepath.Join(j.runs("plan.json")[0], "report.csv", "in the way"), 0o700)
	}, "apply", "names.csv", "--report", "report.csv")
	if code != codeFailed {
		t.Fatalf("exit code %d, want 1\n%s", code, out)
	}
	report := filepath.Join(j.runs("plan.json")[0], "report.csv")
	if err := os.RemoveAll(report); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(j.folder, "report.csv"), report); err != nil {
		t.Fatal(err)
	}
	j.check("names.csv", j.rows, 0)
}
