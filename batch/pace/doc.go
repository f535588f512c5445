// Package pace keeps the calls of one lane and one operation below the quota
// that the account shares with everybody else who uses it.
//
// All workers of a lane pass one [Gate], as ECS counts calls by account, region
// and operation: what one worker was refused, the others would be refused too.
// The package tells calls apart only as accepted or refused. It sends nothing
// again: that is up to the caller of a refused call.
//
// # The law
//
// Below a ceiling calls are evenly spaced. The usual ceiling is 15 a second:
// 0.9 of what ECS publishes for ModifyImageAttribute, 1000 a minute. Above 200
// a second calls go in bursts of 5 ms, as timers are no finer. An eager gate
// lets its first calls go at once: the few reads of a small job.
//
// The first refusal shuts the gate for everybody; refusals of calls that were
// sent before count as the same event. A shut gate lets one probe out at a
// time, and the first probe that is accepted opens it. A probe goes
//   - when the server said, and up to a tenth later; else
//   - after 0.5, 1 and 2 s (each ±10 %): a quota that refills continuously has
//     something by then;
//   - with the next minute of the server's clock, plus 0.5 s and 50 to 300 ms:
//     ECS counts by the minute. The clock is learnt from replies. If it is
//     earlier, the probe goes a minute after the gate last opened: the server
//     may count the last 60 s;
//   - after 1, 2, 4, 8 and then 15 s, but no later than with the next minute.
//
// Without a clock the pauses keep doubling up to 15 s. If a probe is refused
// [Patience] after the gate was shut, everybody gets [ErrThrottledOut]. A probe
// without an answer says nothing about the quota: with those alone it takes
// twice as long.
//
// If a probe opens the gate within 5 s, the quota refills continuously. The
// calls accepted between the last two refusals, each of which found it empty,
// then show what it gives: w a second. From there the rate is
// w(1+0.2((t-K)/K)³) after a time t, as in CUBIC (RFC 9438): 0.8 w at once, w
// after K, 1.2 w after 2K, the ceiling soon after. K is 4 s, and doubles up to
// 16 s while w stays the same. Where callers made few calls w is unknown, and
// the rate does not change.
//
// A gate that opens later has met a new minute, and keeps its rate. The next
// time it is shut, its first probe is the one after 2 s.
//
// # What was tried
//
// "make bench-pace" plays the gate against nine kinds of quota, 2000 rows each,
// and compares it with other laws. Its mean is 0.93 of the ideal time, with
// 0.56 % of the calls refused. These variants did worse:
//   - w as the rate at the refusal, as in CUBIC: 0.91 % refused, and 7 instead
//     of 3.5 % among four clients on one bucket.
//   - K always 6 s: 0.68 % refused.
//   - A straight line: 2.0 instead of 1.2 of the ideal time where the quota
//     drops to a twentieth for half a minute.
//   - After a window, a budget of 0.97 of what its minute accepted: 0.1 % fewer
//     refused, for as much more time, and a second law.
//   - After a window, all three early probes: 0.66 % refused, and 3.0 instead of
//     1.8 % among four clients. None at all: one of four mistook a bucket for a
//     window, and took four times as long.
//   - The first call right after the probe that opened the gate: it saves no
//     time, and at a quota of one call a second 25 instead of 4 % are refused.
//
// Of a quota that saves nothing up, 10 a second and never two at once, only
// half is used: calls that are sent evenly do not arrive evenly.
package pace
