// Package batch runs a plan against the cloud and says for every row of the
// manifest how it ended.
//
// [Load] lists the lanes, package plan decides what to do, and [Job.Run] does
// it. Each lane, one account in one region, has workers of its own behind its
// own pace gates, so a lane in trouble neither slows nor stops another. A chain
// of dependent steps is the work of one worker.
//
// What happens to a row is data: a [history.Result] with one final outcome. Only what
// concerns the whole job is an error. A call is sent with a context that the
// end of the run does not cancel, since its fate has to be known; the run's
// context gates admission alone: the next chain, the next wait.
//
// Every answer is sorted by [ecs.Classify] first. Throttled calls are sent
// again and count for nothing. After an answer that leaves open whether the
// call was applied, the image is read before anything else is sent to it; the
// same edit may then be sent again, a different one only after the settle time,
// because the first call may still land late. A sight older than 10 s is renewed
// before a write rests on it, and one that contradicts our own acknowledged
// edits is repeated before it is believed. What is reported as applied has been
// read back.
//
// Five calls of a lane in a row without any answer of the API shut it for all
// its workers, until a read is answered: what an outage did costs a row none of
// its attempts. A lane that stays out of reach for [Retry.MaxOutage] stops, and
// can be resumed.
//
// A ring that was opened is closed, or put back, or its parked image is said to
// be stranded.
//
// The package knows no files, terminals, flags or manifest syntax.
package batch
