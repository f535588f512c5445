package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// The encodings, as [File.Encoding], [Options.Encoding] and [Writer.Encoding]
// name them.
const (
	auto    = "auto"
	utf8n   = "utf-8"
	utf8BOM = "utf-8-bom"
	utf16   = "utf-16"
	utf16LE = "utf-16le"
	utf16BE = "utf-16be"
	gb18030 = "gb18030"
)

// window is how many bytes decide the encoding, from the first one that is not
// ASCII. Whatever comes later must fit it.
const window = 256 << 10

// text decodes the bytes of a manifest to UTF-8, strictly: the first byte that
// does not fit the encoding is an error, never a replacement character.
//
// The encoding of a file without a byte order mark stays open while the text is
// ASCII. At the first other byte [judge] weighs what the text would be in UTF-8,
// in GB18030 and in other common code pages. What is not certain is refused, and
// valid UTF-8 is never taken for anything else.
type text struct {
	raw       *bufio.Reader
	decoded   io.Reader // nil while the encoding is open
	encoding  string
	word      []byte // the end of the last word while the encoding is open
	detected  bool   // from the text, not named by the user or by a mark
	ambiguous bool   // valid UTF-8 that could also be GB18030
	mixed     bool   // the text begins as UTF-8 but is neither UTF-8 nor GB18030
}

// checkEncoding checks [Options.Encoding].
func checkEncoding(name string) error {
	if !slices.Contains([]string{"", auto, utf8n, utf16, gb18030}, name) {
		return fmt.Errorf("unknown encoding %q: want auto, utf-8, utf-16 or gb18030", name)
	}
	return nil
}

// newText examines the first bytes. An error of type *problem refuses the file,
// any other comes from the stream.
func newText(r io.Reader, want string) (*text, error) {
	t := &text{raw: bufio.NewReaderSize(r, window)}
	head, err := t.raw.Peek(8)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.HasPrefix(head, zipMagic) {
		head, _ = t.raw.Peek(64) // the name of its first file may be cut off
	}
	if p := foreignFormat(head); p != nil {
		return nil, p
	}
	mark, length := byteOrderMark(head)
	if mark == "" && want == utf16 {
		mark = unmarkedUTF16(head)
	}
	if p := contradiction(mark, want); p != nil {
		return nil, p
	}
	if _, err := t.raw.Discard(length); err != nil {
		return nil, err
	}
	switch {
	case mark != "":
		t.open(mark)
	case want != "" && want != auto:
		t.open(want)
	}
	return t, nil
}

// saveSheet says how to make a CSV file of a workbook, in the words of the programs.
const saveSheet = `save the sheet as CSV: "CSV UTF-8" in Excel, "CSV" in WPS, "Text CSV" in LibreOffice`

var zipMagic = []byte("PK\x03\x04")

// zipped says what a zip archive is, and what to do with it. The name of its first
// file begins at byte 30.
func zipped(head []byte) (what, hint string) {
	name := head[min(30, len(head)):]
	for _, workbook := range []string{"[Content_Types].xml", "_rels/", "docProps/", "xl/"} {
		if bytes.HasPrefix(name, []byte(workbook)) {
			return "an .xlsx workbook", saveSheet
		}
	}
	if bytes.HasPrefix(name, []byte("mimetype")) {
		return "an .ods workbook", saveSheet
	}
	return "a zip archive", "unpack it first: unzip"
}

// foreignFormat recognises files that people take for CSV, such as workbooks.
func foreignFormat(head []byte) *problem {
	zip, out := zipped(head)
	for _, f := range []struct{ magic, what, hint string }{
		{"\x1f\x8b", "gzip", "unpack it first: gunzip"},
		{string(zipMagic), zip, out},
		{"\xd0\xcf\x11\xe0", "an .xls workbook", saveSheet},
		{"\xff\xfe\x00\x00", "UTF-32", "save it as UTF-8"},
		{"\x00\x00\xfe\xff", "UTF-32", "save it as UTF-8"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return newProblem("not a CSV file but %s", f.what).notRead().withHint("%s", f.hint)
		}
	}
	return nil
}

func byteOrderMark(head []byte) (encoding string, length int) {
	for _, m := range []struct{ mark, encoding string }{
		{"\xef\xbb\xbf", utf8BOM},
		{"\xff\xfe", utf16LE},
		{"\xfe\xff", utf16BE},
		{"\x84\x31\x95\x33", gb18030},
	} {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return m.encoding, len(m.mark)
		}
	}
	return "", 0
}

// unmarkedUTF16 returns UTF-16 with its byte order, "" if that is unclear. It
// takes the order from the first letter of the header, which is ASCII.
func unmarkedUTF16(head []byte) string {
	switch {
	case len(head) > 1 && head[0] != 0 && head[1] == 0:
		return utf16LE
	case len(head) > 1 && head[0] == 0 && head[1] != 0:
		return utf16BE
	}
	return ""
}

// contradiction is the problem of a mark that the given encoding contradicts.
func contradiction(mark, want string) *problem {
	family := map[string]string{utf8BOM: utf8n, utf16LE: utf16, utf16BE: utf16, gb18030: gb18030}[mark]
	switch {
	case want == "" || want == auto || want == family:
		return nil
	case mark != "":
		return newProblem("the file begins with the byte order mark of %s, but the encoding was given as %s", mark, want).notRead().
			withHint("leave out --encoding")
	case want == utf16:
		return newProblem("UTF-16 without a byte order mark, and the file does not begin with a column name").notRead().
			withHint("save it with a byte order mark, or as UTF-8")
	}
	return nil
}

// open fixes the encoding.
func (t *text) open(encoding string) {
	t.encoding = encoding
	t.decoded = transform.NewReader(t.raw, t.decoder())
}

func (t *text) decoder() transform.Transformer {
	switch t.encoding {
	case utf16LE, utf16BE:
		return strictUTF16{bigEndian: t.encoding == utf16BE}
	case gb18030:
		return &strictGB18030{evidentOnly: t.detected, lenient: simplifiedchinese.GB18030.NewDecoder()}
	default:
		return encoding.UTF8Validator
	}
}

// Read returns UTF-8. A *problem is returned in place of the first bytes that
// do not fit.
func (t *text) Read(p []byte) (int, error) {
	if t.decoded == nil {
		n, err := t.readASCII(p)
		if n > 0 || err != nil {
			return n, err
		}
		if err := t.detect(); err != nil {
			return 0, err
		}
	}
	n, err := t.decoded.Read(p)
	if errors.Is(err, errMalformed) || errors.Is(err, encoding.ErrInvalidUTF8) {
		err = t.malformed()
	}
	return n, err
}

// readASCII reads up to the first byte that is not ASCII. It returns 0, nil if
// that byte is the next one.
func (t *text) readASCII(p []byte) (int, error) {
	if _, err := t.raw.Peek(1); err != nil {
		return 0, err
	}
	buffered, err := t.raw.Peek(min(t.raw.Buffered(), len(p)))
	if err != nil {
		return 0, err
	}
	n := bytes.IndexFunc(buffered, func(r rune) bool { return r >= 0x80 })
	if n < 0 {
		n = len(buffered)
	}
	copy(p, buffered[:n])
	t.keepWord(buffered[:n])
	return t.raw.Discard(n)
}

// keepWord keeps what ASCII the word at hand begins with.
func (t *text) keepWord(read []byte) {
	const most = 20
	t.word = append(t.word, read[max(len(read)-most, 0):]...)
	t.word = t.word[bytes.LastIndexAny(t.word, wordBreaks)+1:]
	t.word = t.word[max(len(t.word)-most, 0):]
}

// detect fixes the encoding by the text ahead, whose first byte is not ASCII.
func (t *text) detect() error {
	ahead, err := t.raw.Peek(window)
	if err != nil && err != io.EOF {
		return err
	}
	t.detected = true
	whole := err == io.EOF
	few := sample(ahead, whole)
	if len(few) > 0 {
		few = slices.Concat(t.word, few)
	}
	v, valid := judge(few), validUTF8(ahead, whole)
	switch {
	case v.certain && v.best.name == gb18030 && !valid:
		t.open(gb18030)
	case v.certain && v.best.name == utf8n, len(few) == 0, beginsAsUTF8(few):
		t.ambiguous = valid && alsoGB18030(ahead)
		t.mixed = !valid && !validGB18030(ahead, whole)
		t.open(utf8n)
	default:
		return uncertain(v, few)
	}
	return nil
}

// uncertain is the problem of a text that may be in more than one encoding, or
// is in none that is read. It shows how the text reads in each that is read and
// in the likeliest of the others.
func uncertain(v verdict, text []byte) *problem {
	shown := v.shown(text)
	var readings []string
	for _, p := range shown {
		readings = append(readings, quote(p.firstWord(text))+" as "+p.name)
	}
	all := strings.Join(readings, ", ")
	switch {
	case v.best == nil && v.rival == nil:
		return newProblem("the text is neither UTF-8 nor GB18030").notRead().withHint("save the file as UTF-8")
	case v.best == nil:
		return newProblem("the text is neither UTF-8 nor GB18030; it reads %s", all).notRead().withHint("save the file as UTF-8")
	}
	choice := v.best.name + " if the first is right"
	if len(shown) > 1 && (shown[1].name == utf8n || shown[1].name == gb18030) {
		choice = v.best.name + " or " + shown[1].name + ", whichever is right"
	}
	return newProblem("the encoding is uncertain: the text reads %s", all).notRead().
		withHint("save the file as UTF-8 with a byte order mark, or give --encoding %s", choice)
}

func (t *text) malformed() *problem {
	p := newProblem("the bytes here are not valid %s", t.encoding).notRead()
	switch {
	case t.detected && t.encoding == gb18030:
		p = newProblem("the text up to here looks like GB18030, but from here on that is not certain").notRead()
		return p.withHint("save the file as UTF-8, or give --encoding gb18030")
	case t.mixed:
		return p.withHint("does the file mix encodings? save it as UTF-8")
	case t.detected:
		return p.withHint("does the file mix encodings? save it as UTF-8, or name its encoding with --encoding")
	}
	return p.withHint("was the file cut off? save it again")
}
