// Package ecssim plays the part of ECS that has to do with editing images, and
// of STS as much as that takes, so that people can rehearse and tests can run
// without an account. Official clients cannot tell it from the real one: both
// signature schemes are verified, parameters, rules, codes and statuses are
// those of the public reference, answers come in JSON and XML.
//
// A [Server] is an http.Handler for any client and an http.RoundTripper for
// tests in process, both on the same state. The second needs no socket and no
// other time than that of package time, so it works in a testing/synctest
// bubble, with all its latencies, quotas and faults. It is deterministic: what
// is drawn for a call depends on [Config].Seed, on what the call is about and on
// how often it was made, not on the order in which goroutines run.
//
// It plays ModifyImageAttribute, DescribeImages and DescribeRegions of version
// 2014-05-26, GetCallerIdentity and AssumeRole of version 2015-04-01. The host
// does not matter; the region is that of RegionId, and every region exists that
// an account has images in.
//
// What the reference leaves open is a switch in [Open] or part of a [Quota].
// Quotas and faults can be written as text, for flags: see [ParseQuota],
// [ParseFault] and, for what can go wrong, [Kind]. For example
//
//	1000/60s                               by the minute of the server's clock
//	bucket:10/s,100;neighbour=5/s,30s,30s  ten a second, shared with somebody
//	lost-after:0.01                        one answer in a hundred is lost, the write is done
//	internal-error:every=50                each 50th call fails and is not done
//	throttle-forever:after=100             nothing is let through after 100 calls
//	outage:at=10s,for=300s                 no network for five minutes
//
// [Server.History] tells of every call what was done and what the client got to
// know; [Server.Images] is the final state. [Server.Put] and [Server.Remove] are
// for tests in which somebody else changes images.
//
// It knows nothing of the client it is used to test. In particular it has the
// rules of names and descriptions written down for itself: were they shared, a
// mistake in them would pass unseen.
package ecssim
