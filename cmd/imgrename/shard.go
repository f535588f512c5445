package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"imgrename/manifest"
)

// A shard is the rows of some of the regions, so that several processes can share a
// manifest without a word to each other. It is by region, and not by row or profile:
// two profiles may be of one account, and what shares an account and a region has to
// be done by one process.
type shard struct{ index, of uint64 } // index is below of; of is 0 for all regions

const shardFlag = "shard"

func (s *shard) bind(f *pflag.FlagSet) {
	f.Var(&parsed{"", "I/N", s.parse}, shardFlag, "only the regions of shard I of N, counted from 0; limits hold for each shard")
}

// parse sets a shard that is written as 1/4.
func (s *shard) parse(text string) error {
	index, of, _ := strings.Cut(text, "/")
	i, err := strconv.ParseUint(index, 10, 16)
	n, err2 := strconv.ParseUint(of, 10, 16)
	if err != nil || err2 != nil || i >= n {
		return fmt.Errorf("want I/N, I from 0 to N-1, such as 0/4 and 3/4 for the first and the last of four")
	}
	*s = shard{i, n}
	return nil
}

// String returns the shard as it is given, "" for all regions.
func (s shard) String() string {
	if s.of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.index, s.of)
}

// has reports whether a region falls to the shard: the SHA-256 of its id, read as a
// big-endian number, is the shard's index modulo the number of shards.
func (s shard) has(region string) bool {
	if s.of == 0 {
		return true
	}
	rest := uint64(0)
	for _, b := range sha256.Sum256([]byte(region)) {
		rest = (rest<<8 | uint64(b)) % s.of
	}
	return rest == s.index
}

// narrow keeps the rows of the shard, which may be none.
func (s shard) narrow(file *manifest.File) {
	file.Rows = slices.DeleteFunc(file.Rows, func(row manifest.Row) bool { return !s.has(row.RegionID) })
}
