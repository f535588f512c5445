// Package page shows a person the review of a plan, before a run and after it:
// as Markdown for a merge request, and as one HTML file for a browser. Both say
// the same, in the same order.
//
// page.go has the value to fill. sheet.go, compare.go, verdict.go, ended.go,
// looks.go, rules.go, notices.go, order.go, rows.go and apply.go find what there
// is to say; say.go and words.go have the words; markdown.go, budget.go, line.go
// and code.go write it as Markdown, and html.go, drawing.go and the files in html
// as a page.
//
// The package is pure but for WriteFile: no clock, no network. Text from a
// manifest or from the API passes through [report.Printable]. In Markdown it then
// stands in code, which no renderer takes for anything else; in HTML it passes
// through html/template.
package page
