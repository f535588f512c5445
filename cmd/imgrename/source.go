package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/batch/ecs"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/manifest"
	"imgrename/report"
)

// shownProblems bounds what a person is shown of a manifest that is bad
// throughout; --json gives all.
const shownProblems = 50

// A problemsError is a manifest that was refused as a whole. Its problems have
// been shown.
type problemsError struct {
	file  string
	count int
}

func (e *problemsError) Error() string {
	return fmt.Sprintf("%s: refused, %s; nothing was done", e.file, plan.Count(e.count, "problem"))
}

// open opens a manifest; "-" is standard input. name is for messages.
func (c *common) open(path string) (r io.ReadCloser, name string, err error) {
	if path == "-" {
		return io.NopCloser(c.in), "standard input", nil
	}
	if path == "" {
		return nil, path, &usageError{errors.New("the name of the manifest is empty")}
	}
	file, err := os.Open(path)
	if err != nil {
		if cause, ok := errors.AsType[*os.PathError](err); ok {
			err = cause.Err
		}
		return nil, path, &manifestError{path, err}
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, path, errors.Join(&manifestError{path, errors.New("a folder, not a file")}, file.Close())
	}
	return file, path, nil
}

// reading is what commands that read a manifest or a saved plan have in common.
type reading struct {
	*common
	allowEmpty bool
}

// bindAllowEmpty declares the flag of the commands that read a manifest.
func (c *reading) bindAllowEmpty(f *pflag.FlagSet) {
	f.BoolVar(&c.allowEmpty, "allow-empty", false, "take a manifest without rows")
}

// readSource reads a manifest or a saved plan, told apart by their content.
func (c *reading) readSource(path string) (lifecycle.Source, error) {
	r, name, err := c.open(path)
	if err != nil {
		return lifecycle.Source{}, err
	}
	defer r.Close()
	in := bufio.NewReader(r)
	if head, _ := in.Peek(512); !plan.IsFile(head) { // an error comes again when it is read
		file, err := c.parseManifest(in, name)
		if err != nil {
			return lifecycle.Source{}, err
		}
		c.tellEncoding(name, file)
		return lifecycle.Source{Name: path, Rows: file.Rows, Extra: file.Extra}, nil
	}
	saved, err := plan.Decode(in)
	switch {
	case errors.Is(err, plan.ErrChanged):
		return lifecycle.Source{}, &refusedError{name + ": " + err.Error(), "make the plan again; it is not for editing"}
	case err != nil:
		return lifecycle.Source{}, &manifestError{name, err}
	}
	src := lifecycle.SourceOf(path, saved)
	return src, c.checkSaved(name, src.Rows)
}

// readManifest reads and checks a manifest and shows what is wrong with it.
func (c *reading) readManifest(path string) (*manifest.File, error) {
	r, name, err := c.open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	in := bufio.NewReader(r)
	if head, _ := in.Peek(512); plan.IsFile(head) { // an error comes again when it is read
		return nil, &manifestError{name, hinted{errors.New("a saved plan, not a manifest"), "imgrename plan shows what is left of it"}}
	}
	return c.parseManifest(in, name)
}

func (c *reading) parseManifest(r io.Reader, name string) (*manifest.File, error) {
	file, err := manifest.Read(r, manifest.Options{
		Encoding: c.encoding, Delimiter: c.delimiter,
		DefaultRegion: c.defaultRegion, DefaultProfile: c.profile,
		AllowEmpty: c.allowEmpty, SkipInvalid: c.skipInvalid, Check: ecs.CheckColumn,
	})
	if err != nil {
		return nil, &manifestError{name, err}
	}
	for i := range file.Rows {
		file.Warnings = append(file.Warnings, file.Rows[i].Invalid...)
	}
	c.narrow(file)
	c.show(name, file)
	if n := len(file.Problems); n > 0 {
		return nil, &problemsError{name, n}
	}
	return file, nil
}

// tellEncoding says how a manifest was read where that was not to be expected.
func (c *common) tellEncoding(name string, file *manifest.File) {
	if c.verbose || !c.quiet && !c.json && !strings.HasPrefix(file.Encoding, "utf-8") {
		fmt.Fprintf(c.err, "%s: read as %s\n", report.Printable(name), describe(file))
	}
}

// narrow keeps the rows of --only-region. That there are none is a problem: the
// region may be misspelt.
func (c *reading) narrow(file *manifest.File) {
	if c.onlyRegion == "" || len(file.Rows) == 0 {
		return
	}
	all := file.Rows
	last, regions := all[len(all)-1].Line, regionsOf(all)
	file.Rows = slices.DeleteFunc(all, func(row manifest.Row) bool { return row.RegionID != c.onlyRegion })
	if len(file.Rows) == 0 && !c.allowEmpty && len(file.Problems) == 0 {
		file.Problems = append(file.Problems, &manifest.Error{Line: last, Err: hinted{
			fmt.Errorf("no row is of region %q, which %s names", c.onlyRegion, c.given.called("only-region")),
			"the rows are of " + regions + "; --allow-empty accepts that",
		}})
	}
}

// regionsOf names the first regions of rows.
func regionsOf(rows []manifest.Row) string {
	const most = 5
	var regions []string
	for i := range rows {
		region := cmp.Or(rows[i].RegionID, "no region")
		switch {
		case slices.Contains(regions, region):
		case len(regions) == most:
			return strings.Join(regions, ", ") + " and others"
		default:
			regions = append(regions, region)
		}
	}
	return strings.Join(regions, ", ")
}

// show prints a manifest's problems and warnings, each with its place, and the
// way out in a line of its own.
func (c *common) show(name string, file *manifest.File) {
	if c.json {
		for _, p := range file.Problems {
			c.event(problemEvent{"problem", name, p.Line, p.Column, p.Err.Error(), p.Hint()})
		}
		for _, p := range file.Warnings {
			c.event(problemEvent{"warning", name, p.Line, p.Column, p.Err.Error(), p.Hint()})
		}
		return
	}
	var b strings.Builder
	list := func(word string, problems []*manifest.Error) {
		for i, p := range problems {
			if i == shownProblems {
				fmt.Fprintf(&b, "… and %d more\n", len(problems)-i)
				break
			}
			fmt.Fprintf(&b, "%s:%s: %s%s\n", report.Printable(name), placeOf(p), word, report.Printable(p.Err.Error()))
			if hint := p.Hint(); hint != "" {
				fmt.Fprintf(&b, "  hint: %s\n", report.Printable(hint))
			}
		}
	}
	list("", file.Problems)
	if !c.quiet {
		list("warning: ", file.Warnings)
	}
	_, _ = io.WriteString(c.err, b.String())
}

// placeOf is where in its file a problem is: a line, and a column if one is to
// blame.
func placeOf(p *manifest.Error) string {
	if p.Column == "" {
		return strconv.Itoa(p.Line)
	}
	return strconv.Itoa(p.Line) + ":" + report.Printable(p.Column)
}
