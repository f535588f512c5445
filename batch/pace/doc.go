// Package pace keeps the calls of one lane and one operation below the quota
// that the account shares with everybody else who uses it.
//
// All workers of a lane pass one [Gate], for ECS counts by account, region and
// operation: what one worker was refused, the others would be refused too. The
// package knows calls only as accepted or refused. It repeats nothing: a refused
// call is its caller's to send again.
//
// # The law
//
// Below a ceiling calls are evenly spaced. The usual ceiling is 15 a second: 0.9
// of what ECS publishes for ModifyImageAttribute, 1000 a minute. Above 200 a
// second calls go in bursts of 5 ms, as timers are no finer.
//
// The first refusal shuts the gate for everybody; later ones of calls that were
// sent before are the same event. While it is shut one probe at a time goes out,
// and the first that is accepted opens the gate. A probe goes
//   - when the server said, and up to a tenth later; else
//   - after 0.5, 1 and 2 s (each ±10 %): a quota that refills continuously has
//     something by then;
//   - with the next minute of the server's clock, plus 0.5 s and 50 to 300 ms:
//     ECS counts by the minute. The clock is learnt from replies. A minute after
//     the gate last opened is tried instead if it is earlier: the server may
//     count the last 60 s;
//   - after 1, 2, 4, 8 and then 15 s, but no later than with the next minute.
//
// Without a clock the pauses go on doubling up to 15 s. If a probe is refused
// [Patience] after the gate was shut, everybody gets [ErrThrottledOut]. A probe
// without an answer says nothing of the quota: with those it takes twice as long.
//
// If a probe opens the gate within 5 s, the quota refills continuously. What was
// accepted between the last two refusals, when nothing was left of it, is then
// what it gives: w a second. From there the rate is w(1+0.2((t-K)/K)³) after a
// time t, as CUBIC has it (RFC 9438): 0.8 w at once, w after K, 1.2 w after 2K,
// the ceiling soon after. K is 4 s, and doubles up to 16 s while w is found the
// same. Where callers made few calls w is not known, and the rate stays.
//
// A gate that opens later has met a new minute, and goes on as before. The next
// time it is shut, its first probe is the one after 2 s.
//
// # What was tried
//
// "make bench-pace" plays the gate against nine kinds of quota, 2000 rows each,
// and compares it with other laws. Its mean is 0.93 of the ideal time, with 0.56 %
// of the calls refused. These did not pay there:
//   - w as the rate at the refusal, as CUBIC has it: 0.91 % refused, 7 instead of
//     3.5 % among four clients on one bucket.
//   - K of 6 s always: 0.68 % refused.
//   - A straight line: 2.0 instead of 1.2 of the ideal where the quota drops to a
//     twentieth for half a minute.
//   - After a window, a budget of 0.97 of what its minute accepted: 0.1 % fewer
//     refused, for as much more time, and a second law.
//   - After a window, all three early probes: 0.66 % refused, and 3.0 instead of
//     1.8 % among four clients. None at all: one of four mistook a bucket for a
//     window, and took four times as long.
//   - The first call after a probe at once: nothing is gained there, and with a
//     quota of one call a second 25 instead of 4 % are refused.
//
// A quota that saves nothing up, 10 a second and never two at once, is used to a
// half: what is evenly sent does not evenly arrive.
package pace
