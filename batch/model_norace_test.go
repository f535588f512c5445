//go:build !race

package batch_test

const modelRace = false
