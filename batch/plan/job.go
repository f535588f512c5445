package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// JobHash identifies the job: "v2:sha256:" and the hash, in hex, of the resolved
// rows (lane, image, desired values, conditions) in their order. Empty values do
// not enter, so that an attribute can be added without changing any job. Nor
// does what the images are like, nor how the manifest was written.
//
// A row that gives its image by a name is resolved anew by every plan: once it
// is renamed, the same manifest has another hash; see [Plan.Continues].
func (p *Plan) JobHash() string { return "v2:" + p.hashRows(appendGiven) }

// IsJob reports whether hash is one of this job's, as this version or an earlier
// one wrote it.
func (p *Plan) IsJob(hash string) bool {
	return hash == p.JobHash() || hash == p.hashRows(appendFirst)
}

func (p *Plan) hashRows(appendValues func([]byte, *manifest.Values) []byte) string {
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

// Continues reports whether the plan is of the same job as an earlier one that
// may have been done in part: the rows are written alike, and every image found
// now is one of the earlier plan's. A job that renames images it gives by name
// finds fewer of them, or one in another's place, when it is planned again; an
// image that the earlier plan lacks makes it another job.
func (p *Plan) Continues(earlier *Plan) bool {
	alike := func(a, b Row) bool {
		return p.Lanes[a.Lane] == earlier.Lanes[b.Lane] && a.Request.ImageID == b.Request.ImageID &&
			a.Want == b.Want && a.Condition() == b.Condition()
	}
	if !slices.EqualFunc(p.Rows, earlier.Rows, alike) {
		return false
	}
	known := make(map[string]bool, len(earlier.Rows))
	for i := range earlier.Rows {
		known[earlier.Rows[i].ImageID] = true
	}
	stranger := func(r Row) bool { return r.ImageID != "" && !known[r.ImageID] }
	return !slices.ContainsFunc(p.Rows, stranger)
}

// appendGiven appends the values that are not empty, each after its column, and
// an empty text as their end.
func appendGiven(b []byte, values *manifest.Values) []byte {
	for a, value := range (*ecs.Attributes)(values).All() {
		if value != "" {
			b = appendText(b, a.String(), value)
		}
	}
	return appendText(b, "")
}

// appendFirst appends values as the first version did: the eight attributes it
// had. A later one enters where it is given: no job of that version has it.
func appendFirst(b []byte, values *manifest.Values) []byte {
	for a, value := range (*ecs.Attributes)(values).All() {
		if a <= ecs.ImdsSupport || value != "" {
			b = appendText(b, value)
		}
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
