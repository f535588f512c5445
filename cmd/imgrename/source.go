package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
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

// shownProblems is how many problems a person is shown; --json has all.
const shownProblems = 50

// An input is an open manifest, inventory or saved plan.
type input struct {
	*bufio.Reader
	io.Closer
	name string // for messages
}

// saved reports whether it is a saved plan, by its content.
func (in *input) saved() bool {
	head, _ := in.Peek(512) // an error will come again
	return plan.IsFile(head)
}

// open opens a file for reading; "-" is standard input.
func (c *common) open(path string) (*input, error) {
	switch path {
	case "-":
		return &input{bufio.NewReader(c.in), io.NopCloser(nil), "standard input"}, nil
	case "":
		return nil, &usageError{errors.New("the name of the manifest is empty")}
	}
	file, err := os.Open(path)
	if err != nil {
		if cause, ok := errors.AsType[*os.PathError](err); ok {
			err = cause.Err
		}
		return nil, &manifestError{path, err}
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(&manifestError{path, errors.New("a folder, not a file")}, file.Close())
	}
	return &input{bufio.NewReader(file), file, path}, nil
}

// reading is what commands that read a manifest or a saved plan have in common.
type reading struct {
	*common
	allowEmpty bool
	shard      shard
}

// bindReading binds the flags of the commands that read a manifest.
func (c *reading) bindReading(f *pflag.FlagSet) {
	c.shard.bind(f)
	f.BoolVar(&c.allowEmpty, "allow-empty", false, "accept a manifest without rows")
}

// readSource reads a manifest or a saved plan.
func (c *reading) readSource(path string) (lifecycle.Source, error) {
	in, err := c.open(path)
	if err != nil {
		return lifecycle.Source{}, err
	}
	defer in.Close()
	if !in.saved() {
		sum := sha256.New()
		in.Reader = bufio.NewReader(io.TeeReader(in.Reader, sum))
		file, err := c.parseManifest(in)
		if err != nil {
			return lifecycle.Source{}, err
		}
		if c.verbose {
			said, _ := describe(file)
			c.log.Info("manifest", "file", in.name, "read_as", said)
		} else if !c.quiet && !c.json && !strings.HasPrefix(file.Encoding, "utf-8") { // unexpected
			said, _ := describe(file)
			fmt.Fprintf(c.err, "%s: read as %s\n", report.Printable(in.name), said)
		}
		return lifecycle.Source{
			Name: path, Rows: file.Rows, Extra: file.Extra, Manifest: hex.EncodeToString(sum.Sum(nil)), Shard: c.shard.String(),
		}, nil
	}
	saved, err := decodePlan(in)
	if err != nil {
		return lifecycle.Source{}, err
	}
	src := lifecycle.SourceOf(path, saved)
	if c.shard.of > 0 {
		return src, &usageError{hinted{
			fmt.Errorf("%s %s: the saved plan %s can only be applied as a whole", c.given.called(shardFlag), c.shard, in.name),
			"apply the manifest with the flag, or save a plan of each shard",
		}}
	}
	return src, c.checkSaved(in.name, src.Rows)
}

// decodePlan reads a saved plan.
func decodePlan(in *input) (*plan.Saved, error) {
	saved, err := plan.Decode(in)
	switch {
	case errors.Is(err, plan.ErrChanged):
		return nil, &refusedError{in.name + ": " + err.Error(), "make the plan again; a saved plan must not be edited"}
	case err != nil:
		return nil, &manifestError{in.name, err}
	}
	return saved, nil
}

// readManifest reads and checks a manifest and shows what is wrong with it.
func (c *reading) readManifest(path string) (*manifest.File, error) {
	in, err := c.open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.saved() {
		return nil, &manifestError{in.name, hinted{errors.New("a saved plan, not a manifest"), "imgrename plan shows what is left of it"}}
	}
	return c.parseManifest(in)
}

func (c *reading) parseManifest(in *input) (*manifest.File, error) {
	file, err := manifest.Read(in, manifest.Options{
		Encoding: c.encoding, Delimiter: c.delimiter,
		DefaultRegion: c.defaultRegion, DefaultProfile: c.profile,
		AllowEmpty: c.allowEmpty, SkipInvalid: c.skipInvalid, Check: ecs.CheckColumn,
	})
	if err != nil {
		return nil, &manifestError{in.name, err}
	}
	for i := range file.Rows {
		file.Warnings = append(file.Warnings, file.Rows[i].Invalid...)
	}
	c.narrow(file)
	c.shard.narrow(file)
	return file, c.show(in.name, file)
}

// readInventory reads a file as export writes it. The rules for new values do
// not apply: images have these values already.
func (c *common) readInventory(path string) (*manifest.File, error) {
	in, err := c.open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	file, err := manifest.Read(in, manifest.Options{
		Inventory: true, DefaultRegion: c.defaultRegion, DefaultProfile: c.profile, AllowEmpty: true,
	})
	if err != nil {
		return nil, &manifestError{in.name, err}
	}
	return file, c.show(in.name, file)
}

// show prints a manifest's problems and warnings, each with its place. The
// error is a [*problemsError] if there are problems.
func (c *common) show(name string, file *manifest.File) error {
	c.showList(name, "problem", "", file.Problems)
	if c.json || !c.quiet {
		c.showList(name, "warning", "warning: ", file.Warnings)
	}
	if n := len(file.Problems); n > 0 {
		return &problemsError{name, n}
	}
	return nil
}

func (c *common) showList(name, event, prefix string, problems []*manifest.Error) {
	for i, p := range problems {
		switch {
		case c.json:
			c.event(problemEvent{event, name, p.Line, p.Column, p.Err.Error(), p.Hint()})
		case i < shownProblems:
			fmt.Fprint(c.err, factAndHint(name+":"+placeOf(p)+": "+prefix+p.Err.Error(), p.Hint()))
		default:
			fmt.Fprintf(c.err, "… and %d more\n", len(problems)-i)
			return
		}
	}
}

// placeOf returns the line of a problem, and the column if it has one.
func placeOf(p *manifest.Error) string {
	if p.Column == "" {
		return strconv.Itoa(p.Line)
	}
	return strconv.Itoa(p.Line) + ":" + p.Column
}

// describe says how a manifest was read. invalid counts its invalid rows.
func describe(file *manifest.File) (said string, invalid int) {
	places := make(map[[2]string]bool)
	for i := range file.Rows {
		if row := &file.Rows[i]; len(row.Invalid) > 0 {
			invalid++
		} else {
			places[[2]string{row.Profile, row.RegionID}] = true
		}
	}
	delimiter := map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs"}[file.Delimiter]
	said = fmt.Sprintf("%s, %s, %s", file.Encoding, delimiter, plan.Count(len(file.Rows), "row"))
	if invalid > 0 {
		said += fmt.Sprintf(", %d of them invalid,", invalid)
	}
	return said + " in " + plan.Count(len(places), "lane"), invalid
}

// narrow keeps the rows of --only-region. If there are none, the manifest has a
// problem: the region may be misspelt.
func (c *reading) narrow(file *manifest.File) {
	if c.onlyRegion == "" || len(file.Rows) == 0 {
		return
	}
	all := file.Rows
	last, regions := all[len(all)-1].Line, regionsOf(all)
	file.Rows = slices.DeleteFunc(all, func(row manifest.Row) bool { return row.RegionID != c.onlyRegion })
	if len(file.Rows) == 0 && !c.allowEmpty && len(file.Problems) == 0 {
		file.Problems = append(file.Problems, &manifest.Error{Line: last, Err: hinted{
			fmt.Errorf("no row is in region %q (%s)", c.onlyRegion, c.given.called("only-region")),
			"the rows are in " + regions + "; --allow-empty accepts this",
		}})
	}
}
