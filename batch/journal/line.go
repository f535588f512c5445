package journal

import (
	"bytes"
	"hash/crc32"
	"math"
	"strconv"
	"sync"
)

const (
	crcBegin = `{"crc":"`
	crcEnd   = `",`
	crcSize  = 8
	bodyAt   = len(crcBegin) + crcSize + len(crcEnd) // where what the CRC covers begins

	lineKey   = `"line":`
	recordKey = `,"record":`
	syncedKey = `,"synced":`
	afterKey  = `,"after":`

	usualRecord = 256 // bytes; few records have more

	maxRecord = 16 << 20         // bytes
	maxLine   = maxRecord + 1024 // with room for what stands around a record
)

// mostFirst is the most that the first line of a file takes, in bytes.
var mostFirst = int64(len(appendAfter(nil, math.MaxInt64)))

// castagnoli makes its table on first use: it would take a good part of the
// program's start.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// appendRecord appends a line to b that holds a record, text.
func appendRecord(b []byte, number int64, text []byte) []byte {
	at := len(b)
	b = begin(b, number)
	b = append(b, recordKey...)
	b = append(b, text...)
	return finish(b, at)
}

// appendMark appends a line to b that says how many bytes are synced.
func appendMark(b []byte, number, synced int64) []byte {
	at := len(b)
	b = begin(b, number)
	b = append(b, syncedKey...)
	b = strconv.AppendInt(b, synced, 10)
	return finish(b, at)
}

// appendAfter appends the first line of a file to b that goes on behind so many bytes
// of the one before it.
func appendAfter(b []byte, size int64) []byte {
	at := len(b)
	b = begin(b, 1)
	b = append(b, afterKey...)
	b = strconv.AppendInt(b, size, 10)
	return finish(b, at)
}

func begin(b []byte, number int64) []byte {
	b = append(b, crcBegin+"________"+crcEnd+lineKey...)
	return strconv.AppendInt(b, number, 10)
}

// finish completes the line that begins at b[at].
func finish(b []byte, at int) []byte {
	b = append(b, '}')
	putCRC(b[at+len(crcBegin):][:crcSize], b[at+bodyAt:])
	return append(b, '\n')
}

// putCRC writes the CRC of body in lower-case digits. CRCs are compared in this
// form: once parsed they would not show that a digit has changed its case.
func putCRC(digits, body []byte) {
	sum := crc32.Checksum(body, castagnoli())
	for i := range digits {
		digits[i] = "0123456789abcdef"[sum>>(28-4*i)&15]
	}
}

// A line is a parsed line of the file.
type line struct {
	number int64
	record []byte // nil in a mark
	synced int64  // -1 in a record
	after  int64  // -1 but in the first line of a file that is not the first
}

// parseLine parses a line without its newline. It reports whether the line is
// as a log has written it.
func parseLine(text []byte) (line, bool) {
	if len(text) < bodyAt+1 || text[len(text)-1] != '}' {
		return line{}, false
	}
	body := text[bodyAt:]
	var head [bodyAt]byte
	copy(head[:], crcBegin+"________"+crcEnd)
	putCRC(head[len(crcBegin):][:crcSize], body)
	if !bytes.Equal(head[:], text[:bodyAt]) {
		return line{}, false
	}
	body, ok := bytes.CutPrefix(body[:len(body)-1], []byte(lineKey))
	number, body, isNumber := cutNumber(body)
	if !ok || !isNumber {
		return line{}, false
	}
	if record, ok := bytes.CutPrefix(body, []byte(recordKey)); ok {
		return line{number, record, -1, -1}, true
	}
	if mark, ok := bytes.CutPrefix(body, []byte(afterKey)); ok {
		after, rest, isNumber := cutNumber(mark)
		return line{number, nil, 0, after}, isNumber && len(rest) == 0
	}
	mark, ok := bytes.CutPrefix(body, []byte(syncedKey))
	synced, rest, isNumber := cutNumber(mark)
	return line{number, nil, synced, -1}, ok && isNumber && len(rest) == 0
}

// cutNumber takes the digits off the front of b.
func cutNumber(b []byte) (n int64, rest []byte, ok bool) {
	for i, c := range b {
		if c < '0' || c > '9' {
			return n, b[i:], i > 0
		}
		if n > (math.MaxInt64-9)/10 {
			return 0, b, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, nil, len(b) > 0
}
