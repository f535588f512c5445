// Package report turns results into what people and programs read: the report
// files, the lines on a terminal, the totals. It knows outcomes but not how they
// came about, and decides nothing.
//
// Text from a manifest or from the API passes through [Printable] before it
// reaches a terminal or a sheet. JSON has exact escapes of its own: [Encoder].
package report
