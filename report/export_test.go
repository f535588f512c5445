package report

// Cell is cell, for tests.
func Cell(s string) string { return cell(s) }

// ErrNotRegular is errNotRegular, for tests.
var ErrNotRegular = errNotRegular

// SyncFolder is syncFolder, for tests.
var SyncFolder = syncFolder

// ReplaceOrWrite is replaceOrWrite, for tests.
var ReplaceOrWrite = replaceOrWrite
