package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// JobHash identifies the job: "sha256:" and the hash, in hex, of the resolved
// rows (lane, image, desired values, conditions) in their order. What the
// images are like does not enter, nor how the manifest was written.
//
// A row that gives its image by a name is resolved anew by every plan: once it
// is renamed, the same manifest has another hash; see [Plan.Continues].
func (p *Plan) JobHash() string {
	sum := sha256.New()
	var b []byte
	for i := range p.Rows {
		r := &p.Rows[i]
		lane := p.Lanes[r.Lane]
		b = appendText(b[:0], lane.Account, lane.Region, r.ImageID)
		b = appendValues(b, &r.Want)
		condition := r.Condition()
		b = appendValues(b, &condition)
		sum.Write(b)
	}
	return sumText(sum.Sum(nil))
}

// Continues reports whether the plan is of the same job as a sealed one of which
// part may have been done since: the rows are written alike, and an image that is
// found by a name now is one of those that the sealed plan is about. A job that
// renames such images finds fewer of them, or one in another's place, when it is
// planned again; an image that came since makes it another job.
func (p *Plan) Continues(sealed *Plan) bool {
	if len(p.Rows) != len(sealed.Rows) {
		return false
	}
	for i := range p.Rows {
		a, b := &p.Rows[i], &sealed.Rows[i]
		if p.Lanes[a.Lane] != sealed.Lanes[b.Lane] || a.Request.ImageID != b.Request.ImageID ||
			a.Want != b.Want || a.Condition() != b.Condition() {
			return false
		}
	}
	known := make(map[string]bool, len(sealed.Rows))
	for i := range sealed.Rows {
		known[sealed.Rows[i].ImageID] = true
	}
	stranger := func(r Row) bool { return r.ImageID != "" && !known[r.ImageID] }
	return !slices.ContainsFunc(p.Rows, stranger)
}

func appendValues(b []byte, values *manifest.Values) []byte {
	for _, value := range (*ecs.Attributes)(values).All() {
		b = appendText(b, value)
	}
	return b
}

// appendText appends texts, each after its length, so that no two lists of
// texts come out the same.
func appendText(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func sumText(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }
