package plan

import (
	"encoding/json"
	"hash/maphash"
	"unicode/utf8"

	"imgrename/batch/ecs"
)

// A lineReader reads elements of rows and chains as Encode writes them: members
// in their order, no white space. What it accepts, encoding/json would read the
// same; what it gives up on is left to encoding/json, which is several times
// slower.
type lineReader struct {
	text []byte // what is left of the line
	odd  bool   // the line is not as Encode writes it
	seen [256]string
	seed maphash.Seed
}

func newLineReader() *lineReader { return &lineReader{seed: maphash.MakeSeed()} }

// row reads an element of rows. It returns false if it gives up.
func (l *lineReader) row(text []byte, w *wireRow) bool {
	*w = wireRow{}
	l.text, l.odd = text, false
	o := object{l, '{'}
	o.number(`"line":`, &w.Line)
	o.string(`"profile":`, &w.Profile)
	o.string(`"region_id":`, &w.RegionID)
	o.number(`"lane":`, &w.Lane)
	o.string(`"image_id":`, &w.ImageID)
	o.bool(`"by_name":`, &w.ByName)
	if o.member(`"verdict":`) {
		word, _ := l.quoted() // no word has escapes
		l.odd = w.Verdict.UnmarshalText(word) != nil || l.odd
	}
	if o.member(`"problem":`) {
		w.Problem = l.problem()
	}
	o.attributes(`"old":`, &w.Old, &ecs.Attributes{})
	o.attributes(`"new":`, &w.New, &w.Old)
	o.attributes(`"condition":`, &w.Condition, &w.Old)
	o.string(`"note":`, &w.Note)
	if o.member(`"extra":`) {
		l.list(func() { w.Extra = append(w.Extra, l.string()) })
	}
	return o.end() && len(l.text) == 0
}

func (l *lineReader) problem() *Problem {
	p := new(Problem)
	o := object{l, '{'}
	o.string(`"code":`, &p.Code)
	o.string(`"message":`, &p.Message)
	o.string(`"image_id":`, &p.ImageID)
	o.number(`"line":`, &p.Line)
	o.end()
	return p
}

// chain reads an element of chains. It returns false if it gives up. The steps
// are likely to set the values that rows want.
func (l *lineReader) chain(text []byte, w *wireChain, rows []Row) bool {
	*w = wireChain{Steps: w.Steps[:0]}
	l.text, l.odd = text, false
	o := object{l, '{'}
	o.number(`"lane":`, &w.Lane)
	o.bool(`"ring":`, &w.Ring)
	o.bool(`"open":`, &w.Open)
	if o.member(`"after":`) {
		l.list(func() { w.After = append(w.After, l.number()) })
	}
	if o.member(`"steps":`) {
		l.list(func() { w.Steps = append(w.Steps, l.step(rows)) })
	}
	return o.end() && len(l.text) == 0
}

func (l *lineReader) step(rows []Row) (s wireStep) {
	o := object{l, '{'}
	o.number(`"row":`, &s.Row)
	like := &ecs.Attributes{}
	if fits(s.Row, len(rows)) {
		like = rows[s.Row].wanted()
	}
	o.attributes(`"set":`, &s.Set, like)
	o.bool(`"park":`, &s.Park)
	o.end()
	return s
}

// take takes the piece off the line if the line continues with it, and reports
// whether it did.
func (l *lineReader) take(piece string) bool {
	if len(l.text) < len(piece) || string(l.text[:len(piece)]) != piece {
		return false
	}
	l.text = l.text[len(piece):]
	return true
}

func (l *lineReader) need(piece string) { l.odd = !l.take(piece) || l.odd }

// list takes a list off the line, each element with take.
func (l *lineReader) list(take func()) {
	l.need("[")
	for more := true; more && !l.odd; more = l.take(",") {
		take()
	}
	l.need("]")
}

func (l *lineReader) number() (n int) {
	const digits = 9 // fewer than an int may have; more are left to encoding/json
	i := 0
	for i < len(l.text) && i < digits && '0' <= l.text[i] && l.text[i] <= '9' {
		n = 10*n + int(l.text[i]-'0')
		i++
	}
	l.odd = l.odd || i == 0 || i > 1 && l.text[0] == '0'
	l.text = l.text[i:]
	return n
}

// quoted takes a string off the line and returns what is between its quotes. The
// text is plain if it needs no unescaping.
func (l *lineReader) quoted() (text []byte, plain bool) {
	l.need(`"`)
	plain = true
	ascii := true
	for i := 0; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '"':
			text, l.text = l.text[:i], l.text[i+1:]
			return text, plain && (ascii || utf8.Valid(text))
		case c == '\\':
			plain = false
			i++ // a quote may follow
		case c < ' ':
			plain = false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	l.odd = true
	return nil, false
}

// string takes a string off the line. Values that repeat share one copy.
func (l *lineReader) string() string {
	text, plain := l.quoted()
	if !plain {
		return l.unescape(text)
	}
	known := &l.seen[byte(maphash.Bytes(l.seed, text))]
	if *known != string(text) {
		*known = string(text)
	}
	return *known
}

// like is string for a value that is likely known already, and then shared.
func (l *lineReader) like(likely string) string {
	before := l.text
	if text, plain := l.quoted(); plain && string(text) == likely {
		return likely
	}
	l.text = before
	return l.string()
}

func (l *lineReader) unescape(text []byte) (s string) {
	quoted := append(append([]byte{'"'}, text...), '"')
	l.odd = l.odd || json.Unmarshal(quoted, &s) != nil
	return s
}

// An object is a JSON object that is being read; next is the byte before its
// next member.
type object struct {
	*lineReader
	next byte
}

// member reports whether the object continues with the key, and takes it off.
func (o *object) member(key string) bool {
	if len(o.text) <= len(key) || o.text[0] != o.next || string(o.text[1:1+len(key)]) != key {
		return false
	}
	o.text = o.text[1+len(key):]
	o.next = ','
	return true
}

// end takes the object's end, and reports whether all was as Encode writes it.
func (o *object) end() bool {
	if o.next == '{' {
		o.need("{")
	}
	o.need("}")
	return !o.odd
}

func (o *object) number(key string, n *int) {
	if o.member(key) {
		*n = o.lineReader.number()
	}
}

func (o *object) string(key string, s *string) {
	if o.member(key) {
		*s = o.lineReader.string()
	}
}

func (o *object) bool(key string, b *bool) {
	if o.member(key) {
		*b = o.take("true") // else what follows does not fit
	}
}

func (o *object) attributes(key string, v, likely *ecs.Attributes) {
	if !o.member(key) {
		return
	}
	values := object{o.lineReader, '{'}
	for i, key := range attributeKeys {
		if values.member(key) {
			*v.Field(ecs.Attribute(i)) = o.like(*likely.Field(ecs.Attribute(i)))
		}
	}
	values.end()
}

// attributeKeys are the keys of the attributes' members, in their order.
var attributeKeys = func() (keys []string) {
	for a := range (ecs.Attributes{}).All() {
		keys = append(keys, `"`+a.String()+`":`)
	}
	return keys
}()
