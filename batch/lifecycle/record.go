package lifecycle

import (
	"errors"
	"fmt"
	"io/fs"

	"imgrename/batch/history"
	"imgrename/batch/journal"
	"imgrename/batch/runs"
)

// A run's journal: where it is, and what a process writes there first.

// createJournal creates the run's journal, for this process alone.
func (l *Life) createJournal(locks *runs.Locks, r *run) (err error) {
	r.log, err = journal.Create[history.Record](journal.OSFolder(r.folder.Root()), journalFile, reserve(r.plan))
	if err != nil {
		return err
	}
	r.watch = l.watchOver(r.log, locks)
	return locks.Own(r.folder, journalFile)
}

// openJournal opens the run's journal for this process alone, which goes on in a file
// of its own, and reads what was done. Who owns the first file owns all.
func (l *Life) openJournal(locks *runs.Locks, r *run) (*history.Replay, error) {
	if err := errors.Join(l.stillHeld(locks), locks.Own(r.folder, journalFile)); err != nil {
		return nil, err
	}
	replay := &history.Replay{Now: l.now(), Alone: l.alone}
	log, tail, err := journal.Open(journal.OSFolder(r.folder.Root()), journalFile, !locks.Shared(), func(rec history.Record) {
		replay.Add(rec)
		r.budget.recorded(rec)
	})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.id(), err)
	}
	r.log, r.watch = log, l.watchOver(log, locks)
	if tail.Cut > 0 {
		l.Tell(Torn{r.id(), int64(tail.Cut)})
	}
	return replay, nil
}

// signature is the record that this process writes first. sealed is nil unless it
// is the run's first process.
func (l *Life) signature(sealed *history.Sealed) history.Record {
	now := l.now()
	return history.Record{
		Kind: history.Opened, At: now.At.UTC(), Up: now.Up,
		Process: &history.Process{Boot: now.Boot, Sealed: sealed},
	}
}

// replay reads what was done for a run.
func (l *Life) replay(id string) (*history.Replay, error) {
	replay := &history.Replay{Now: l.now(), Alone: l.alone}
	folder, err := l.State.OpenRun(id)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	err = readJournal(folder, replay.Add)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // it ended before it sent anything
		return nil, err
	}
	return replay, nil
}

// readJournal reads the records of a run's journal.
func readJournal(folder *runs.Run, take func(history.Record)) error {
	if _, err := journal.Read(journal.OSFolder(folder.Root()), journalFile, take); err != nil {
		return fmt.Errorf("run %s: %w", folder.ID(), err)
	}
	return nil
}

// firstRecord returns the first record of a run's journal, nil if it has none.
func firstRecord(folder *runs.Run) (*history.Record, error) {
	first, err := journal.First[history.Record](journal.OSFolder(folder.Root()), journalFile)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", folder.ID(), err)
	}
	return first, nil
}
