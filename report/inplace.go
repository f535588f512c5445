package report

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"syscall"
)

// InPlace reports whether a file is known to be a mount point, such as a single
// file that a container shares with its host. No other file can be renamed over
// it, so [WriteFile] writes it in place: it keeps its mode, and a crash may leave
// half of it.
func InPlace(path string) bool { return isMountPoint(path) }

// writeInPlace writes a file that is there over itself. Its end is cut last: a
// shorter text never leaves it empty on the way.
func writeInPlace(path string, write func(io.Writer) error) error {
	file, err := openInPlace(path)
	if err != nil {
		return bare(err)
	}
	buffer := bufio.NewWriterSize(file, 64<<10)
	if err = write(buffer); err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = cut(file)
	}
	if err == nil {
		err = file.Sync()
	}
	return bare(cmp.Or(err, file.Close()))
}

// cut ends a file where the last write ended.
func cut(file *os.File) error {
	end, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	return file.Truncate(end)
}

// checkInPlace returns why a file cannot be written in place, nil if it can.
func checkInPlace(path string) error {
	file, err := openInPlace(path)
	if err != nil {
		return bare(err)
	}
	return file.Close()
}

func openInPlace(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0)
}
