// Package history says what became of the rows of a run and how it is known.
//
// A [Result] is how one row ended, and which of its attributes were edited even
// so. A [Record] is one entry of a run's journal. A [Replay] reads records and
// returns what earlier processes did for each row, a [Past]; a [Rebuild] makes
// the results of a whole run from its plan and its journal; [Undo] makes the
// manifest that puts the old values back.
//
// The package is pure: no I/O, no clock, no concurrency. It does not know how a
// call is sent, where a journal is kept, or how a report looks.
package history
