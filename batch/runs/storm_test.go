package runs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"imgrename/batch/runs"
)

func TestKilledHolderHoldsNothing(t *testing.T) {
	folder, path := stateFolder(t)
	lanes := []string{"a", "b"}
	other := startOther(t, "held", "hold", append([]string{path}, lanes...)...)
	_, err := folder.Lock(context.Background(), []string{"b"}, 0)
	held, ok := heldBy(err)
	if !ok || !strings.HasPrefix(held.Holder, fmt.Sprintf("process %d", other.Process.Pid)) || !strings.Contains(held.Holder, "run r-20261123-031502-7f3a") {
		t.Fatalf("Lock = %v, want it held by process %d", err, other.Process.Pid)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	// Its child lives on, and must not have inherited the locks.
	lock(t, folder, lanes...)
}

// Contenders take lanes in pairs that overlap, in any order. The holder of a
// lane creates a file that must not exist yet.

const (
	processes  = 10
	contenders = 20 // in each process
)

func TestNeverTwoHolders(t *testing.T) {
	_, path := stateFolder(t)
	inside := t.TempDir()
	var all errgroup.Group
	for range processes {
		cmd := otherProcess("storm", path, inside)
		all.Go(func() error {
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	done, _ := filepath.Glob(filepath.Join(inside, "done-*"))
	if len(done) != processes*contenders {
		t.Errorf("%d contenders got the locks, want %d", len(done), processes*contenders)
	}
}

func storm(path, inside string) error {
	var all errgroup.Group
	for n := range contenders {
		all.Go(func() error {
			folder, err := runs.Open(path)
			if err != nil {
				return err
			}
			ring := []string{"a", "b", "c", "a"}
			lanes := ring[n%3 : n%3+2] // taken in this order they would wait for each other in a ring
			return errors.Join(contend(folder, inside, lanes), folder.Close())
		})
	}
	return all.Wait()
}

func contend(folder *runs.Folder, inside string, lanes []string) error {
	locks, err := folder.Lock(context.Background(), lanes, 5*time.Minute)
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		file, err := os.OpenFile(filepath.Join(inside, "lane-"+lane), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("two holders: %w", err)
		}
		_ = file.Close()
	}
	_, err = os.CreateTemp(inside, "done-")
	for _, lane := range lanes {
		err = errors.Join(err, os.Remove(filepath.Join(inside, "lane-"+lane)))
	}
	return errors.Join(err, locks.Release())
}
