// Package batch runs a plan against the cloud and reports how each row of the
// manifest ended.
//
// [Load] lists the lanes, package plan decides what to do, and [Job.Run] does
// it. Each lane, one account in one region, has its own workers behind its own
// pace gates, so that a lane in trouble neither slows nor stops another. One
// worker does a chain of dependent steps from start to end.
//
// What happens to a row is data: a [history.Result] with one final outcome.
// Only what concerns the whole job is an error. The end of the run does not
// cancel a call that was sent, since its fate has to be known; the run's
// context only gates what comes next: the next chain, the next wait.
//
// Every answer is classified first, by [ecs.Classify]. Throttled calls are sent
// again and count for nothing. If an answer leaves open whether a call was
// applied, the image is read before anything else is sent to it. Then the same
// edit may be sent again at once, a different one only after the settle time,
// because the first call may still land late. Before a write, an image that was
// last read more than 10 s ago is read again, and a read that contradicts our
// own acknowledged edits is repeated before it is believed. A row is reported
// as applied only after it was read back.
//
// Five calls of a lane in a row without any answer of the API trip the lane's
// circuit breaker for all its workers, until a read is answered. An outage
// costs a row none of its attempts. A lane that is out of reach for
// [Retry.MaxOutage] stops, and can be resumed. Before there is a plan, a [Reach]
// says how long the network is waited for.
//
// A ring that was opened is closed or put back, whichever process has opened it.
// If its parked image can get neither its old name nor the desired one, it is
// reported as stranded.
//
// The package knows no files, terminals, flags or manifest syntax.
//
// # Files
//
// From top to bottom; a file refers only to those below it.
//
//	job.go       a run: its lanes, and the order in which their chains start
//	verify.go    asks the service about the writes of a plan, before a run
//	confirm.go   reads applied rows back at the end, and overrules or redoes them
//	chain.go     a chain, step by step; what becomes of rows that wait
//	unwind.go    puts the names of an open ring back
//	step.go      a step: make a call, judge its answer, until it is decided
//	send.go      the last checks and the intent before a call is sent
//	name.go      a name that is taken, and who holds it
//	settle.go    calls without an answer: read back, wait, decide
//	compare.go   judges an image that was read: as desired, expected or changed
//	results.go   what earlier processes did for a row
//	run.go       the state: run, lane, chain, step, and what each of them holds
//	refusals.go  when keys or permissions end a lane
//	ends.go      how a step can end, with code and message
//	ahead.go     one read for many images that come next
//	joined.go    one read of many ids, and what it lacks read one by one
//	pool.go      a lane's workers and the stages of their calls
//	journal.go   what is recorded, and what its failure stops
//	load.go      lists the lanes before the plan
//	read.go      reads with retries
//	pages.go     the pages of a listing, whatever their TotalCount is
//	lane.go      a lane: where its calls go, its gates
//	reach.go     how long the reads before a plan wait for the network
//	probes.go    the probes of a tripped breaker, and how long an outage may last
//	breaker.go   the circuit breaker: after how many failures it trips
//	sights.go    whether what was read is still fresh
//	events.go    what is told of rows
//	watch.go     what is told of lanes
//	backoff.go   attempts and pauses
package batch
