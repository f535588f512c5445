// Package ecssim simulates the part of ECS that edits images, and as much of
// STS as that takes, so that people can rehearse and tests can run without an
// account. Official clients cannot tell it from the real one: it verifies both
// signature schemes, follows the public reference in parameters, rules, codes
// and statuses, and answers in JSON and XML.
//
// A [Server] is an http.Handler for any client and an http.RoundTripper for
// tests in process, both on the same state. The RoundTripper needs no socket
// and no time but that of package time, so it works in a testing/synctest
// bubble, with all latencies, quotas and faults. It is deterministic: the draws
// for a call depend on [Config].Seed, on what the call is about and on how
// often it was made, not on the order in which goroutines run.
//
// It plays ModifyImageAttribute, DescribeImages, DescribeImageFromFamily,
// DescribeRegions and, for images, TagResources, UntagResources and
// ListTagResources of version 2014-05-26, and GetCallerIdentity and AssumeRole
// of version 2015-04-01. What it lacks it refuses, and says so in the message
// and the header X-Simulator. The host does not matter; RegionId gives the
// region, and every region in which an account has images exists.
//
// What the reference leaves open is a switch in [Open] or part of a [Quota].
// All of it can be written as text, for flags: see [Config.Set], [Config.SetQuota],
// [ParseDenial], [ParseFault] and, for what can go wrong, [Kind]. For example
//
//	1000/60s                               by the minute of the server's clock
//	bucket:10/s,100;neighbour=5/s,30s,30s  ten a second, shared with somebody
//	lost-after:0.01                        one answer in a hundred is lost, the write is done
//	internal-error:every=50                every 50th call fails and is not done
//	throttle-forever:after=100             nothing is let through after 100 calls
//	outage:at=10s,for=300s                 no network for five minutes
//
// [Server.History] returns every call with what was done and what the client
// learnt; [Server.Images] returns the final state. [Server.Put] and
// [Server.Remove] are for tests in which somebody else changes images.
//
// It knows nothing about the client that it tests. They share only the rules for
// names and descriptions; both sides have tests that spell out what is legal.
package ecssim
