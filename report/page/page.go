package page

import (
	"errors"
	"io"
	"path/filepath"
	"time"

	"imgrename/batch/history"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/report"
)

// A Page is a plan and its review; after a run also how that ended.
type Page struct {
	Plan   *plan.Plan
	Review *review.Review
	Info   Info
	// Results are how the rows ended, in the plan's order; nil before a run.
	Results []history.Result
	// Run is the run that the results are of. It is left zero before a run.
	Run Run
}

// Info is what a page says about how its plan was made. Fields that are left
// zero are not mentioned.
type Info struct {
	Tool   string    // the version that made it
	Made   time.Time // when the images were listed
	Source string    // the manifest or plan file, as the user named it
	Sum    string    // the plan file's checksum, "sha256:" and so on
	Apply  string    // the command that applies exactly this plan
	Where  string    // where the whole is, for a Markdown page that is cut
	// Rehearsed is the file of simulated images, if the plan is for those.
	Rehearsed string
}

// A Run is what a page says about a run as a whole. Fields that are left zero
// are not mentioned.
type Run struct {
	ID             string
	Started, Ended time.Time
	Why            string // why it stopped early
	Next           string // the command to type next
}

// Is reports whether a file of this name is a page: it ends in .md or .html.
func Is(path string) bool { return format(path) != nil }

func format(path string) func(*Page, io.Writer) error {
	switch filepath.Ext(path) {
	case ".md":
		return (*Page).Markdown
	case ".html":
		return (*Page).HTML
	default:
		return nil
	}
}

// WriteFile writes the page to a file whose extension selects the format, in the
// way of [report.WriteFile]. Whether that is possible can be found out before a
// run with [report.CheckPlace].
func (p *Page) WriteFile(path string) error {
	write := format(path)
	if write == nil {
		return errors.New("a page's name must end in .md or .html")
	}
	return report.WriteFile(path, func(w io.Writer) error { return write(p, w) })
}

// Markdown writes the page as CommonMark, at most MaxMarkdown characters of it.
// If it has to leave something out it says so, and names Info.Where.
func (p *Page) Markdown(w io.Writer) error {
	_, err := io.WriteString(w, markdown(newSheet(p)))
	return err
}

// HTML writes the page as one HTML file that needs nothing else.
func (p *Page) HTML(w io.Writer) error { return writeHTML(w, newSheet(p)) }
