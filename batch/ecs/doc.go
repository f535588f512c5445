// Package ecs makes the three calls of Alibaba Cloud's ECS and STS APIs that
// editing images needs: ModifyImageAttribute, DescribeImages and
// GetCallerIdentity.
//
// A [Client] makes signed calls and reports exactly what came of each;
// [Classify] sorts a result into one of a few classes, on which callers base
// all their decisions, and [Hint] says what a person can do. The package does
// not retry, wait for quotas or know about manifests, plans and lanes.
//
// The rules for values ([CheckColumn]) come from the ModifyImageAttribute
// reference page, editions 2018 to 2026.
package ecs
