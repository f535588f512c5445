package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// temporaryPrefix opens every temporary name. It is legal as an image name,
// says whose it is, and sorts the parked images together in a console.
const temporaryPrefix = "imgrename-tmp-"

const hashDigits = 16

// TemporaryName is the name an image is parked under while a ring is open: a
// fixed prefix, a hash of the desired name and a hash of all four parts. It is
// the same for the same input, so that any later run can tell which image and
// which ring it belongs to, with nothing to go by but the listing.
func TemporaryName(account, region, imageID, desired string) string {
	return temporaryFamily(desired) + shortHash(account, region, imageID, desired)
}

// temporaryFamily is the part of a temporary name that depends on the desired
// name only. A row that gives its image by a name finds it parked through it.
func temporaryFamily(desired string) string {
	return temporaryPrefix + shortHash(desired) + "-"
}

// IsTemporary tells whether a name is one that TemporaryName could have made.
// Whether it is that of a certain image and desired name is told by comparing
// it with their TemporaryName.
func IsTemporary(name string) bool {
	rest, ok := strings.CutPrefix(name, temporaryPrefix)
	return ok && len(rest) == 2*hashDigits+1 &&
		isHex(rest[:hashDigits]) && rest[hashDigits] == '-' && isHex(rest[hashDigits+1:])
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// shortHash is 64 bits of the SHA-256 of the parts. The separator is a byte
// that none of them holds.
func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:hashDigits/2])
}
