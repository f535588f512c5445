// Package lifecycle is the life of a run, from its first lock to its last
// report. [Life.Apply] takes a job through these steps:
//
//	lock     Lock its lanes, all of them or none, and those of unfinished runs
//	         that touch any of them. Nothing else of this state folder works
//	         there from now on.
//	find     Find what earlier runs have left. One whose plan was never sealed
//	         sent nothing, and is ended here.
//	settle   Wait until no unanswered call of a run that has just ended can take
//	         effect any more: it could undo what is sent next.
//	list     Read all images of the lanes, and make the plan.
//	match    Is an unfinished run of the same job? Resume that one instead.
//	check    Limits, risks, consent. Nothing was written so far; what keeps a job
//	         from starting keeps other runs from being closed for it.
//	clear    Close the unfinished runs of other jobs: finish what is open, drop
//	         the rest. Then settle, list and check again.
//	seal     Write the plan with all old values to disk. From here on any process
//	         can finish the run.
//	execute  Send the calls, each in the journal before it is sent.
//	report   Write the reports, those that were asked for and the run's own.
//	close    Write down that the run has ended. A run that is killed before that
//	         is finished by a resume, which writes the reports.
//
// [Life.Resume] and [Life.Abandon] take up an unfinished run: lock and find as
// above, then settle that run's own calls, list its lanes, plan what is left of
// it, and execute, report and close. Nothing is asked: consent was given when
// the run was sealed. A dry run ends after list, with [Guards.Check];
// [Life.Rehearse] leaves out whatever needs a state folder.
//
// A stop before seal leaves nothing of the job, one after it a run to resume.
//
// The package knows no flag, terminal or report format: what it needs of the
// world it is handed by the fields of [Life], and what happens it tells as an
// [Event].
package lifecycle
