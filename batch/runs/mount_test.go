package runs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgrename/batch/runs"
)

// host is the list of mounts of a host that has all of them.
const host = `22 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
23 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
28 1 253:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
31 28 0:26 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw,inode64
40 28 0:46 / /mnt/v3 rw,relatime shared:31 - nfs fs.example:/export rw,vers=3,rsize=1048576,wsize=1048576,namlen=255,hard,nolock,proto=tcp,timeo=600,retrans=2,sec=sys,mountaddr=10.0.0.9,mountvers=3,mountport=20048,mountproto=udp,local_lock=all,addr=10.0.0.9
41 28 0:47 / /mnt/v3-locks rw,relatime shared:32 - nfs fs.example:/export rw,vers=3,rsize=1048576,wsize=1048576,namlen=255,hard,proto=tcp,timeo=600,retrans=2,sec=sys,mountaddr=10.0.0.9,mountvers=3,mountport=20048,mountproto=udp,local_lock=none,addr=10.0.0.9
42 28 0:48 / /mnt/v3-flock rw,relatime shared:33 - nfs fs.example:/export rw,vers=3,namlen=255,hard,proto=tcp,timeo=600,retrans=2,sec=sys,local_lock=flock,addr=10.0.0.9
43 28 0:49 / /mnt/v3-posix rw,relatime shared:34 - nfs fs.example:/export rw,vers=3,namlen=255,hard,proto=tcp,timeo=600,retrans=2,sec=sys,local_lock=posix,addr=10.0.0.9
44 28 0:50 / /mnt/v4 rw,relatime shared:35 - nfs4 fs.example:/ rw,vers=4.0,rsize=1048576,wsize=1048576,namlen=255,hard,noresvport,proto=tcp,timeo=600,retrans=2,sec=sys,clientaddr=10.0.0.7,local_lock=none,addr=10.0.0.9
45 28 0:51 /share/a\040b /var/lib/kubelet/pods/1b4e/volumes/kubernetes.io~nfs/state rw,relatime shared:36 master:2 - nfs4 fs.example:/share/a\040b rw,vers=4.2,rsize=1048576,hard,proto=tcp6,sec=sys,clientaddr=fd00::7,local_lock=none,addr=fd00::9
46 28 0:52 / /mnt/team\040drive rw,relatime - nfs nas:/v rw,vers=3,hard,nolock,proto=tcp,local_lock=all,addr=10.0.0.9
47 28 0:53 / /mnt/smb rw,relatime shared:37 - cifs //nas/share rw,vers=3.1.1,cache=strict,username=ci,uid=0,noforceuid,gid=0,noforcegid,addr=10.0.0.9,file_mode=0600,dir_mode=0700,soft,nounix,serverino,mapposix,rsize=4194304,wsize=4194304,bsize=1048576,echo_interval=60,actimeo=1
48 28 0:54 / /mnt/smb-nobrl rw,relatime shared:38 - cifs //nas/share rw,vers=3.0,cache=strict,username=ci,addr=10.0.0.9,file_mode=0777,dir_mode=0777,soft,persistenthandles,nounix,serverino,mapposix,nobrl,mfsymlinks,rsize=1048576,wsize=1048576,actimeo=30
49 28 0:55 / /mnt/azure rw,relatime shared:39 - smb3 //acct.file.example/share rw,vers=3.1.1,nobrl,actimeo=30
50 28 0:56 / /mnt/ssh rw,nosuid,nodev,relatime shared:40 - fuse.sshfs ci@fs.example:/srv rw,user_id=0,group_id=0
51 28 0:57 / /mnt/oss rw,nosuid,nodev,relatime shared:41 - fuse.ossfs ossfs rw,user_id=0,group_id=0,allow_other
52 28 0:58 / /mnt/gluster rw,relatime shared:42 - fuse.glusterfs gl.example:/vol rw,user_id=0,group_id=0,default_permissions,allow_other,max_read=131072
53 28 0:59 / /mnt/juice rw,relatime shared:43 - fuse.juicefs JuiceFS:state rw,user_id=0,group_id=0,default_permissions,allow_other
54 28 8:17 / /mnt/disk rw,relatime shared:44 - fuseblk /dev/sdb1 rw,user_id=0,group_id=0,allow_other,blksize=4096
55 28 0:60 / /lustre rw,relatime shared:45 - lustre 10.0.0.9@tcp:/fs1 rw,checksum,flock,user_xattr,lazystatfs
56 28 0:61 / /lustre-local rw,relatime shared:46 - lustre 10.0.0.9@tcp:/fs1 rw,checksum,localflock,user_xattr
57 28 0:62 / /mnt/v3ro ro,relatime shared:47 - nfs nolock:/local_lock=all ro,vers=3,hard,proto=tcp,local_lock=none,addr=10.0.0.9
58 28 0:63 / /mnt/nosource rw,relatime - nfs  rw,vers=3,hard,nolock,proto=tcp
59 28 0:64 / /mnt/old rw,relatime - nfs nas:/v rw,vers=3,hard,proto=tcp,addr=10.0.0.9
60 28 0:65 / /mnt/short
4 28 0:66 / /mnt/four rw - nfs nas:/v rw,nolock
`

func TestMountsThatKeepLocksToThisHost(t *testing.T) {
	for _, tt := range []struct{ name, id, want string }{
		{"a disk", "28", ""},
		{"memory", "31", ""},
		{"NFS 3 without locks", "40", "/mnt/v3 (nfs, nolock)"},
		{"NFS 3 with locks", "41", ""},
		{"NFS with local flock", "42", "/mnt/v3-flock (nfs, local_lock=flock)"},
		{"NFS with local fcntl locks only", "43", ""},
		{"NFS 4.0", "44", ""},
		{"NFS 4.2 of a pod", "45", ""},
		{"a place with a blank", "46", "/mnt/team drive (nfs, nolock)"},
		{"SMB", "47", ""},
		{"SMB without byte range locks", "48", "/mnt/smb-nobrl (cifs, nobrl)"},
		{"the same as smb3", "49", "/mnt/azure (smb3, nobrl)"},
		{"sshfs", "50", "/mnt/ssh (fuse.sshfs)"},
		{"a bucket", "51", "/mnt/oss (fuse.ossfs)"},
		{"FUSE with locks", "52", ""},
		{"FUSE of which nothing is known", "53", ""},
		{"a FUSE disk", "54", ""},
		{"Lustre", "55", ""},
		{"Lustre with local locks", "56", "/lustre-local (lustre, localflock)"},
		{"options in the name of the server", "57", ""},
		{"no source", "58", "/mnt/nosource (nfs, nolock)"},
		{"before local_lock was shown", "59", ""},
		{"half a line", "60", ""},
		{"an id that begins others", "4", "/mnt/four (nfs, nolock)"},
		{"no such mount", "99", ""},
		{"no id", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := runs.CheckMount(host, tt.id)
			local, refused := errors.AsType[*runs.LocalLockError](err)
			if refused != (tt.want != "") || refused && !strings.HasPrefix(err.Error(), "the mount "+tt.want+" keeps locks to this host") {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if refused && !strings.Contains(local.Hint(), "mount") {
				t.Errorf("hint: %s", local.Hint())
			}
		})
	}
}

func TestMountID(t *testing.T) {
	for text, want := range map[string]string{
		"pos:\t0\nflags:\t02100000\nmnt_id:\t421\nino:\t12\n": "421",
		"pos:\t0\nflags:\t02100000\n":                         "", // before Linux 3.15
	} {
		if got := runs.MountID(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestLockRefusesLocalLocks: nothing is locked or written where the lock would not
// hold, and the way out is the mount's, not another folder.
func TestLockRefusesLocalLocks(t *testing.T) {
	folder, path := stateFolder(t)
	folder.MountAs(host, "40")
	_, err := folder.Lock(context.Background(), []string{"a"}, 0)
	refused, ok := errors.AsType[*runs.FolderError](err)
	if !ok || !strings.Contains(err.Error(), "keeps locks to this host") || !strings.Contains(refused.Hint(), "vers=4.0,noresvport") {
		t.Errorf("%v, want a FolderError", err)
	}
	if files, _ := os.ReadDir(filepath.Join(path, "locks")); len(files) > 0 {
		t.Errorf("lock files: %v", files)
	}
	folder.MountAs(host, "44")
	lock(t, folder, "a")
}
