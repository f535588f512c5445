package runs

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

var (
	errNoFile   = errors.New("it is not a plain file")
	errNoFolder = errors.New("it is not a folder")
	errReplaced = errors.New("it was replaced while it was being opened")
)

// openFolder opens a folder in root if it can be trusted. A link in its place
// is refused; [os.Root] itself would follow one that stays inside.
func openFolder(root *os.Root, name string) (*os.Root, error) {
	seen, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !seen.IsDir() {
		return nil, errNoFolder
	}
	folder, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	info, err := trusted(folder)
	if err == nil && !os.SameFile(seen, info) {
		err = errNoFolder // replaced by a link between the two calls
	}
	if err != nil {
		_ = folder.Close()
		return nil, err
	}
	return folder, nil
}

// trusted describes a folder. It returns an error unless the folder is ours and
// only we may write to it.
func trusted(folder *os.Root) (fs.FileInfo, error) {
	info, err := folder.Stat(".")
	if err != nil {
		return nil, err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("it belongs to user %d", owner.Uid)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, fmt.Errorf("others may write to it (mode %04o)", mode)
	}
	return info, nil
}

// openFile opens a plain file in root without following links. It tries again
// if the file is replaced meanwhile, as writeFile does.
func openFile(root *os.Root, name string, flag int) (*os.File, error) {
	for try := 1; ; try++ {
		file, err := tryFile(root, name, flag)
		if !errors.Is(err, errReplaced) || try == 100 {
			return file, err
		}
	}
}

func tryFile(root *os.Root, name string, flag int) (*os.File, error) {
	seen, err := root.Lstat(name)
	if err == nil && !seen.Mode().IsRegular() {
		return nil, errNoFile // before opening: opening a pipe would wait for its writer
	}
	file, err := root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err := sameFile(root, name, file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// sameFile returns an error unless name still leads to the open file.
func sameFile(root *os.Root, name string, file *os.File) error {
	seen, err := root.Lstat(name)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(seen, info) {
		return errReplaced
	}
	return nil
}

// plain refuses what is not the name of a file in the folder itself. Names with
// a leading dot are for temporary files.
func plain(name string) error {
	if !filepath.IsLocal(name) || filepath.Base(name) != name || strings.HasPrefix(name, ".") {
		return errors.New("it is not the name of a plain file")
	}
	return nil
}

// writeFile creates or replaces a file so that it appears whole or not at all:
// it writes a temporary file in the same folder, syncs it, renames it and syncs
// the folder. A link of that name is replaced, not followed.
func writeFile(root *os.Root, name string, write func(io.Writer) error) error {
	temp, err := prepare(root, name, write)
	if err != nil {
		return err
	}
	if err := root.Rename(temp, name); err != nil {
		_ = root.Remove(temp)
		return err
	}
	return syncFolder(root, ".")
}

// prepare writes and syncs a temporary file that is to become name, and returns
// the temporary name.
func prepare(root *os.Root, name string, write func(io.Writer) error) (temp string, err error) {
	file, err := temporary(root, name)
	if err != nil {
		return "", err
	}
	temp = filepath.Base(file.Name())
	buffered := bufio.NewWriter(file)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err = cmp.Or(err, file.Close()); err != nil {
		_ = root.Remove(temp)
	}
	return temp, err
}

// temporary creates a file that is to become name.
func temporary(root *os.Root, name string) (*os.File, error) {
	for {
		temp := fmt.Sprintf(".%s.%08x.tmp", name, rand.Uint32())
		file, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// syncFolder makes the names in a folder durable.
func syncFolder(root *os.Root, name string) error {
	folder, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// names lists a folder, in no order.
func names(root *os.Root) ([]string, error) {
	folder, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	found, err := folder.Readdirnames(-1)
	return found, errors.Join(err, folder.Close())
}

func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
