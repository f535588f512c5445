//go:build !linux

package runs

import "os"

// mountOf returns nil: how a file is mounted is only known on Linux.
func mountOf(*os.File) *mount { return nil }
