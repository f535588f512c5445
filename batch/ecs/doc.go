// Package ecs speaks the few calls of Alibaba Cloud's ECS and STS APIs that
// editing images needs: ModifyImageAttribute, DescribeImages and
// GetCallerIdentity.
//
// A [Client] makes one signed call at a time for whoever asks and says exactly
// what came of it; [Classify] turns the result into one of a few classes that
// all further decisions rest on. It does not repeat calls, wait for quotas or
// know of manifests, plans and lanes: that is the business of its callers.
//
// The rules for values ([CheckColumn]) are those of the reference page of
// ModifyImageAttribute, editions 2018 to 2026.
package ecs
