// Package lifecycle is the life of a run, from its first lock to its last
// report. [Life.Apply] takes a job through these steps:
//
//	lock     Lock the job's lanes, all or none, and with them those of every
//	         unfinished run that shares one. No other process of this state
//	         folder works there until the end.
//	find     Find what earlier runs left. A run whose plan was never sealed has
//	         sent nothing: end it.
//	settle   Wait until no unanswered call of a run that ended a moment ago can
//	         take effect any more: it could undo what is sent next.
//	list     Read all images of the lanes, make the plan and review it.
//	match    If an unfinished run is of the same job, resume it instead.
//	check    Check limits and risks, and ask for consent. Nothing is written so
//	         far, and no other run is closed for a job that may not start.
//	clear    Close the unfinished runs of other jobs: finish what is open, drop
//	         the rest. Then settle, list and check again. One that leaves an
//	         image parked or a call of unknown fate stays, and keeps that lane.
//	seal     Write the plan with all old values to disk. From here on any process
//	         can finish the run.
//	execute  Send the calls, each written to the journal first.
//	report   Write the reports: the copies that were asked for and the run's own.
//	close    Write down that the run has ended. If the process is killed before
//	         that, a resume finishes the run and writes the reports.
//
// [Life.Resume] and [Life.Abandon] take up an unfinished run: they lock and find
// as above, wait for the run's own calls, list its lanes, plan what is left, and
// execute, report and close. They ask nothing, since consent was given before
// the run was sealed. A run keeps its limit of failures: once more rows have
// failed, a resume sends nothing unless it is given another. A dry run ends after
// list, with [Guards.Check]. [Life.Rehearse] leaves out every step that needs a
// state folder.
//
// A job that is stopped before its images are listed leaves nothing behind. One
// that is stopped later leaves a run to resume.
//
// start.go is the page to read first. prepare.go, lock.go, settle.go, takeup.go,
// others.go, seal.go and execute.go hold its steps: list and check; lock and
// find; settle and match; resume; clear; seal; execute, report and close.
// record.go is where a run's journal is, watch.go makes sure that no call is sent
// once the run's locks are lost to another host, and sound.go tells whether the files of
// a run belong together. parked.go finds what images were named that other runs
// have parked. How a lock is waited for, and how many runs are kept, is for
// package runs to say.
//
// The package knows no flag, terminal or report format. The fields of [Life] are
// what it is handed of the world; what happens it tells as an [Event].
package lifecycle
