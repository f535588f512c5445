package ecs

// For tests of what cannot be seen from outside.
var (
	NewRequest = newRequest
	Discreet   = discreet
)
