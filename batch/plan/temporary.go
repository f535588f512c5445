package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// temporaryPrefix begins every temporary name. It is legal in an image name,
// says which program made it, and sorts parked images together in a console.
const temporaryPrefix = "imgrename-tmp-"

const hashDigits = 16

// TemporaryName returns the name an image is parked under while a ring is open:
// a fixed prefix, a hash of the desired name and a hash of all four parts. The
// same input gives the same name, so a later run can tell from the listing alone
// which image and which ring it belongs to.
func TemporaryName(account, region, imageID, desired string) string {
	return temporaryStem(desired) + shortHash(account, region, imageID, desired)
}

// temporaryStem returns the part of a temporary name that depends only on the
// desired name. By it, a row that names no image id finds its parked image.
func temporaryStem(desired string) string {
	return temporaryPrefix + shortHash(desired) + "-"
}

// IsTemporary reports whether TemporaryName could have made the name. To know
// whether it did for a certain image and desired name, compare it with theirs.
func IsTemporary(name string) bool {
	rest, ok := strings.CutPrefix(name, temporaryPrefix)
	return ok && len(rest) == 2*hashDigits+1 &&
		isHex(rest[:hashDigits]) && rest[hashDigits] == '-' && isHex(rest[hashDigits+1:])
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// shortHash returns 64 bits of the SHA-256 of the parts, in hex. No part holds
// the separator.
func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:hashDigits/2])
}
