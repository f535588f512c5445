package ecssim

import (
	"hash/maphash"
	"sync"
	"time"
)

// nonces remembers which nonces were used. A request is refused as expired once
// its date is 15 minutes off, so a nonce need not be kept for longer than twice
// that; two generations keep it for at least that long.
//
// Memory is bounded: a shard keeps at most two generations of maxNonces hashes
// of 64 bits. Only a server that gets more than a million calls in half an hour
// forgets a nonce too early.
type nonces struct {
	seed   maphash.Seed
	shards [16]nonceShard
}

const (
	maxNonces     = 1 << 16
	nonceLifetime = 2 * maxSkew
)

type nonceShard struct {
	mu       sync.Mutex
	young    map[uint64]struct{}
	old      map[uint64]struct{}
	youngest time.Time // when the young generation began
}

func newNonces() *nonces { return &nonces{seed: maphash.MakeSeed()} }

// fresh reports whether a key uses a nonce for the first time, and notes it.
func (n *nonces) fresh(accessKeyID, nonce string, now time.Time) bool {
	var h maphash.Hash
	h.SetSeed(n.seed)
	h.WriteString(accessKeyID)
	h.WriteByte(0)
	h.WriteString(nonce)
	sum := h.Sum64()
	return n.shards[sum%uint64(len(n.shards))].fresh(sum, now)
}

func (s *nonceShard) fresh(sum uint64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || len(s.young) >= maxNonces || now.Sub(s.youngest) > nonceLifetime {
		s.old, s.young, s.youngest = s.young, make(map[uint64]struct{}), now
	}
	if _, used := s.young[sum]; used {
		return false
	}
	if _, used := s.old[sum]; used {
		return false
	}
	s.young[sum] = struct{}{}
	return true
}
