// Package review says what a plan does in a few lines that a person can check:
// the rules that its edits follow, the edits that follow none, and who will
// notice. It is pure: no I/O, no clock, no randomness.
//
// review.go has the value that every reader of a review shares.
package review
