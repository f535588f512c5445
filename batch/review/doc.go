// Package review says what a plan does in a few lines that a person can check:
// the rules that its edits follow, the edits that follow none, and who will
// notice. It is pure: no I/O, no clock, no randomness; the same plan gives the
// same review. It does not know how a review is shown, nor what is right: a
// mistake that looks like every other row, such as a wrong digit in a serial
// number, cannot be found by comparing rows, and is not claimed to be.
//
// # How rules are found
//
// A name is read as tokens: runs of letters, of digits, of Han, and single other
// characters. The longest runs of tokens that the old and the new name have in
// common are stars. What the old name has besides is literal, its digits a
// number (#). What the new name has besides is literal, or a part of the
// region's id, and its digits stay open. Rows that agree so far are a family.
//
//	packer-web-eu-0017   →  web-eu-0017-202607     one row
//	packer-*             →  *-(digits)             its family
//	packer-*             →  *-{created:200601}     the rule, if most images were created then
//
// What the open digits are is decided by all rows of a family. If at least half
// of them share one explanation (digits of the old name, the creation time, a
// number plus one), they are computed. If most values occur once or twice, they
// are a number, which keeps its width. Else they are literal: where 47 rows
// have 2026, the one with 2025 is apart.
//
// Families that differ only in the words that are dropped, and groups that
// differ only in one word that is new, are one rule if they are many. A row that
// fits a large rule after all, though it has more in common with its old name by
// chance, belongs to that.
//
// # What is an outlier
//
// A row whose rule has few rows (three, or half a percent of the renames, but at
// least two) while another rule has ten or more. A plan without such a rule has
// no outliers. A near miss is an outlier that differs in one small part from
// what a large rule would make of its old name.
//
// # Files
//
// review.go has the value that every reader of a review shares, why.go the words
// for an outlier; draft.go makes it. name.go reviews names and attribute.go the
// other attributes; coverage.go says what the manifest leaves out, thin.go where
// a rule is missing.
//
// edit.go reads the rows, family.go and width.go divide them, word.go puts
// together what is too small, and rule.go chooses. near.go compares an outlier
// with the rules, and fit.go applies a rule to a name.
//
// reader.go makes the pattern of one row, of tokens.go, blocks.go and explain.go;
// item.go has its items. places.go finds the rows' images.
package review
