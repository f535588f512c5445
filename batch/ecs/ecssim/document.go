package ecssim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// An object is a part of an answer: names in a fixed order, so that equal
// answers are equal bytes. A value is a string, an int, a bool, an object or a
// list.
type object []field

type field struct {
	name  string
	value any
}

// A list holds objects. In XML each of them gets the name of the list's field.
type list []object

// appendJSON renders a value as JSON.
func appendJSON(b []byte, value any) []byte {
	switch v := value.(type) {
	case object:
		b = append(b, '{')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, f.name)
			b = append(b, ':')
			b = appendJSON(b, f.value)
		}
		return append(b, '}')
	case list:
		b = append(b, '[')
		for i, o := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, o)
		}
		return append(b, ']')
	case string:
		return appendJSONString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case bool:
		return strconv.AppendBool(b, v)
	default:
		panic(fmt.Sprintf("ecssim: no JSON for %T", value))
	}
}

// appendJSONString calls json.Marshal only for text that needs escapes.
func appendJSONString(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			return appendEscapedJSON(b, s)
		}
	}
	if !utf8.ValidString(s) {
		return appendEscapedJSON(b, s)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscapedJSON(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic(err)
	}
	return append(b, quoted...)
}

// writeXML renders a value as the content of an element with that name. A list
// becomes one element for each of its objects.
func writeXML(b *bytes.Buffer, name string, value any) {
	if l, ok := value.(list); ok {
		for _, o := range l {
			writeXML(b, name, o)
		}
		return
	}
	fmt.Fprintf(b, "<%s>", name)
	switch v := value.(type) {
	case object:
		for _, f := range v {
			writeXML(b, f.name, f.value)
		}
	case string:
		_ = xml.EscapeText(b, []byte(v)) // a bytes.Buffer takes everything
	default:
		fmt.Fprint(b, v)
	}
	fmt.Fprintf(b, "</%s>", name)
}

// encode renders a whole answer. root is the name of XML's outermost element.
func encode(f format, root string, o object) []byte {
	if f == formatJSON {
		return appendJSON(make([]byte, 0, 128), o)
	}
	b := bytes.NewBufferString(`<?xml version='1.0' encoding='UTF-8'?>`)
	writeXML(b, root, o)
	return b.Bytes()
}
