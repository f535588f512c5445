package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"imgrename/batch/ecs"
	"imgrename/manifest"
)

// JobHash identifies the job: "sha256:" and the hash, in hex, of the resolved
// rows (lane, image, desired values, conditions) in their order. What the
// images are like does not enter, nor how the manifest was written.
//
// A row that gives its image by a name is resolved anew by every plan: once it
// is renamed, the same manifest is another job.
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
