package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

const (
	namespace = "nightly"
	images    = "12" // in each region
	shards    = 4
	user      = 65532 // the recipe's
)

// shardOf is where a region falls, as imgrename help manifest has it.
var shardOf = map[string]int{
	"cn-hongkong": 0, "eu-central-1": 0, "ap-northeast-1": 1, "cn-chengdu": 1, "cn-qingdao": 1, "eu-west-1": 1,
	"cn-hangzhou": 2, "cn-shenzhen": 2, "us-west-1": 2, "cn-beijing": 3, "cn-shanghai": 3, "us-east-1": 3,
}

// A world is a cluster with the recipe in it, and a simulated ECS.
type world struct {
	*testing.T
	*control
	ctx     context.Context
	folder  string
	program string
	api     []string   // the environment to call the simulator
	images  [][]string // id and region
	nodes   map[string]*node
	lose    map[string]func() // takes the power of a node away
}

// The recipe, but for its schedule, runs on a real control plane. In the first night
// the pod of each shard meets a fault half-way: one is lost with its node, one is
// killed, one is evicted, one is told to end. Every row is written once, and the
// report of all runs together is whole. The second night has nothing to do. Then exit
// codes end a job, or one shard of it.
func TestNights(t *testing.T) {
	programs := os.Getenv("TEST_KUBERNETES")
	if programs == "" {
		t.Skip("make kubernetes builds the control plane and sets TEST_KUBERNETES to its folder")
	}
	if os.Getuid() != 0 {
		t.Fatal("a node makes mounts and needs root")
	}
	w := begin(t, programs)
	all := w.manifest("web", func(string) bool { return true })
	w.create(all)

	first := w.next("")
	w.faults(first)
	w.complete(first)
	w.writtenOnce()
	w.report(all)
	t.Logf("kubernetes: %d rows, each written once; the joined report is whole", len(w.images))

	second := w.next(first)
	w.complete(second)
	w.writtenOnce()
	w.suspend()
	t.Log("kubernetes: the next night writes nothing")

	w.config("image_id,region_id,image_nam\nm-1,cn-hangzhou,web\n")
	w.now("wrong", "50")
	w.fails("wrong", batch.JobReasonPodFailurePolicy, "")
	t.Log("kubernetes: a wrong manifest (exit code 10) ends the job, and no pod is tried again")

	w.config(w.manifest("new", func(region string) bool {
		return region == "cn-hangzhou" || region == "cn-shenzhen" || region == "cn-beijing"
	}))
	w.now("limited", "15")
	w.fails("limited", "FailedIndexes", "2")
	t.Log("kubernetes: a limit (exit code 13) ends its shard and no other, and no pod is tried again")
}

// begin starts all there is.
func begin(t *testing.T, programs string) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	folder := t.TempDir()
	w := &world{T: t, ctx: ctx, folder: folder, program: filepath.Join(folder, "imgrename"), nodes: map[string]*node{}, lose: map[string]func(){}}
	t.Cleanup(cancel)
	w.must(copyProgram(filepath.Join(programs, "imgrename"), w.program))
	w.must(os.Chmod(filepath.Dir(folder), 0o755)) // for the program, which runs as another user
	w.simulate()
	control, err := startControl(ctx, programs, w.sub("control"))
	t.Cleanup(control.stop)
	w.control = control
	w.must(err)
	state := w.sub("state")
	w.must(os.Chown(state, user, user)) // as help kubernetes says
	for name, pods := range map[string]int{"node-a": 3, "node-b": 1} {
		w.node(name, pods, state)
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) sub(name string) string {
	w.Helper()
	path := filepath.Join(w.folder, name)
	w.must(os.Mkdir(path, 0o755))
	return path
}

// until waits for three minutes at most.
func (w *world) until(what string, is func() bool) {
	w.Helper()
	for end := time.Now().Add(3 * time.Minute); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("waited in vain until %s", what)
		}
	}
}

// simulate starts a simulated ECS, and asks it for its images.
func (w *world) simulate() {
	w.Helper()
	regions := slices.Sorted(maps.Keys(shardOf))
	cmd := exec.Command(w.program, "simulate", "--images", images, "--regions", strings.Join(regions, ","), "--set", "latency=50ms", "--history", w.history())
	out, err := cmd.StdoutPipe()
	w.must(err)
	w.must(cmd.Start())
	w.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	lines := bufio.NewScanner(out)
	for len(w.api) < 3 && lines.Scan() {
		if set, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			w.api = append(w.api, set)
		}
	}
	text := w.run("export", "--region", strings.Join(regions, ","))
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	w.must(err)
	id, region := slices.Index(rows[0], "image_id"), slices.Index(rows[0], "region_id")
	for _, row := range rows[1:] {
		w.images = append(w.images, []string{row[id], row[region]})
	}
	if len(w.images) != 144 {
		w.Fatalf("%d images", len(w.images))
	}
}

func (w *world) history() string { return filepath.Join(w.folder, "history") }

// run runs the program beside the cluster, on the state folder of the pods and as
// their user.
func (w *world) run(args ...string) string {
	w.Helper()
	cmd := exec.Command(w.program, args...)
	cmd.Env = append(w.api, "HOME="+filepath.Join(w.folder, "state"), "IMGRENAME_STATE_DIR="+filepath.Join(w.folder, "state", "state"), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		w.Fatalf("imgrename %v: %v\n%s%s", args, err, out, said.String())
	}
	return string(out)
}

// node starts a node, which lives until the test ends or its power is lost.
func (w *world) node(name string, pods int, state string) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	n := newNode(w.client, name, w.program, w.sub(name), state, pods)
	done := make(chan error, 1)
	go func() { done <- n.run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("%s: %v", name, err)
		}
	})
	w.nodes[name], w.lose[name] = n, stop
	w.Cleanup(stop)
}

// create creates what the recipe has, and what it says is there: a manifest and keys.
// The namespace takes restricted pods only.
func (w *world) create(manifest string) {
	w.Helper()
	_, err := w.client.CoreV1().Namespaces().Create(w.ctx, &core.Namespace{ObjectMeta: meta.ObjectMeta{
		Name: namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}, meta.CreateOptions{})
	w.must(err)
	w.until("there is a service account", func() bool {
		_, err := w.client.CoreV1().ServiceAccounts(namespace).Get(w.ctx, "default", meta.GetOptions{})
		return err == nil
	})
	keys := map[string]string{"IMGRENAME_RATE": "1/s"}
	for _, set := range w.api {
		name, value, _ := strings.Cut(set, "=")
		keys[name] = value
	}
	_, err = w.client.CoreV1().Secrets(namespace).Create(w.ctx, &core.Secret{ObjectMeta: meta.ObjectMeta{Name: "imgrename-keys"}, StringData: keys}, meta.CreateOptions{})
	w.must(err)
	_, err = w.client.CoreV1().ConfigMaps(namespace).Create(w.ctx, &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Name: "imgrename-manifest"}, Data: map[string]string{"nightly.csv": manifest}}, meta.CreateOptions{})
	w.must(err)
	recipe, err := os.ReadFile("../kubernetes.yaml")
	w.must(err)
	for _, document := range strings.Split(string(recipe), "\n---\n") {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
		w.must(err)
		switch o := object.(type) {
		case *core.PersistentVolume:
			_, err = w.client.CoreV1().PersistentVolumes().Create(w.ctx, o, meta.CreateOptions{})
		case *core.PersistentVolumeClaim:
			_, err = w.client.CoreV1().PersistentVolumeClaims(namespace).Create(w.ctx, o, meta.CreateOptions{})
		case *batch.CronJob:
			o.Spec.Schedule = "* * * * *"
			_, err = w.client.BatchV1().CronJobs(namespace).Create(w.ctx, o, meta.CreateOptions{})
		}
		w.must(err)
	}
}

// manifest asks for new names of the images of some regions.
func (w *world) manifest(name string, of func(region string) bool) string {
	var text strings.Builder
	text.WriteString("image_id,region_id,image_name\n")
	for i, image := range w.images {
		if of(image[1]) {
			fmt.Fprintf(&text, "%s,%s,%s-%d\n", image[0], image[1], name, i)
		}
	}
	return text.String()
}

// config gives the jobs to come another manifest.
func (w *world) config(text string) {
	w.Helper()
	config, err := w.client.CoreV1().ConfigMaps(namespace).Get(w.ctx, "imgrename-manifest", meta.GetOptions{})
	w.must(err)
	config.Data["nightly.csv"] = text
	_, err = w.client.CoreV1().ConfigMaps(namespace).Update(w.ctx, config, meta.UpdateOptions{})
	w.must(err)
}

// next waits for a job of the CronJob's beside one, and returns its name.
func (w *world) next(beside string) (name string) {
	w.Helper()
	w.until("there is a job", func() bool {
		for _, job := range w.jobs() {
			if job.Name != beside {
				name = job.Name
			}
		}
		return name != ""
	})
	return name
}

func (w *world) jobs() []batch.Job {
	w.Helper()
	jobs, err := w.client.BatchV1().Jobs(namespace).List(w.ctx, meta.ListOptions{})
	w.must(err)
	return jobs.Items
}

// pods returns the pods of a shard of a job, the oldest first, those that are gone excepted.
func (w *world) pods(job string, index int) []core.Pod {
	w.Helper()
	pods, err := w.client.CoreV1().Pods(namespace).List(w.ctx, meta.ListOptions{LabelSelector: fmt.Sprintf("%s=%s,%s=%d", batch.JobNameLabel, job, batch.JobCompletionIndexAnnotation, index)})
	w.must(err)
	slices.SortFunc(pods.Items, func(a, b core.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return pods.Items
}

// A write is a call that changed an image.
type write struct {
	Action, Region, Verdict string
	Parameters              map[string]string
}

func (w *world) writes() (all []write) {
	w.Helper()
	text, err := os.ReadFile(w.history())
	w.must(err)
	for line := range bytes.Lines(text) {
		var one write
		if bytes.HasSuffix(line, []byte("\n")) { // the last one may be under way
			w.must(json.Unmarshal(line, &one))
		}
		if one.Action == "ModifyImageAttribute" && one.Verdict == "applied" {
			all = append(all, one)
		}
	}
	return all
}

// faults lets each shard meet one, once it has made six writes.
func (w *world) faults(job string) {
	w.Helper()
	w.until("each shard has made six writes, and runs", func() bool {
		per := make(map[int]int)
		for _, one := range w.writes() {
			per[shardOf[one.Region]]++
		}
		return len(per) == shards && slices.Min(slices.Collect(maps.Values(per))) >= 6
	})
	var lost int
	var rest []core.Pod
	for i := range shards {
		pod := w.pods(job, i)[0]
		if pod.Status.Phase != core.PodRunning {
			w.Fatalf("shard %d is %s", i, pod.Status.Phase)
		}
		if pod.Spec.NodeName == "node-b" {
			lost = i
		} else {
			rest = append(rest, pod)
		}
	}
	w.lose["node-b"]()
	w.must(w.nodes["node-a"].signal(rest[0].UID, syscall.SIGKILL))
	w.must(w.client.PolicyV1().Evictions(namespace).Evict(w.ctx, &policy.Eviction{ObjectMeta: meta.ObjectMeta{Name: rest[1].Name, Namespace: namespace}}))
	w.must(w.nodes["node-a"].signal(rest[2].UID, syscall.SIGTERM))
	w.Logf("kubernetes: half-way shard %d was lost with its node, %s was killed, %s evicted, %s told to end", lost,
		shardName(rest[0]), shardName(rest[1]), shardName(rest[2]))

	// A lost node keeps its pod: there is no other until the node is deleted.
	w.until("the pod of the lost node is being deleted", func() bool { return w.pods(job, lost)[0].DeletionTimestamp != nil })
	time.Sleep(20 * time.Second)
	if pods := w.pods(job, lost); len(pods) != 1 {
		w.Errorf("shard %d has %d pods while its node is lost", lost, len(pods))
	}
	w.must(w.client.CoreV1().Nodes().Delete(w.ctx, "node-b", meta.DeleteOptions{}))
	w.Log("kubernetes: no other pod in place of the lost one, until its node was deleted")

	w.until("the job is complete", func() bool { return w.ended(job) })
	for i, want := range []string{"1", "0", "1"} { // an eviction is no failure
		pods := w.pods(job, index(rest[i]))
		if got := pods[len(pods)-1].Annotations[batch.JobIndexFailureCountAnnotation]; got != want {
			w.Errorf("%s: failures %q, want %s", shardName(rest[i]), got, want)
		}
	}
}

func index(pod core.Pod) int {
	var i int
	_, _ = fmt.Sscan(pod.Annotations[batch.JobCompletionIndexAnnotation], &i) // 0 if there is none
	return i
}

func shardName(pod core.Pod) string { return fmt.Sprintf("shard %d", index(pod)) }

// ended reports whether a job has, and that no other of the CronJob runs beside it.
func (w *world) ended(name string) (ended bool) {
	w.Helper()
	active := 0
	for _, job := range w.jobs() {
		done := slices.ContainsFunc(job.Status.Conditions, func(c batch.JobCondition) bool {
			return (c.Type == batch.JobComplete || c.Type == batch.JobFailed) && c.Status == core.ConditionTrue
		})
		if job.Name == name {
			ended = done
		}
		if !done {
			active++
		}
	}
	if active > 1 {
		w.Errorf("%d jobs at once", active)
	}
	return ended
}

func (w *world) condition(name string) (batch.JobStatus, batch.JobCondition) {
	w.Helper()
	w.until(name+" has ended", func() bool { return w.ended(name) })
	job, err := w.client.BatchV1().Jobs(namespace).Get(w.ctx, name, meta.GetOptions{})
	w.must(err)
	for _, c := range job.Status.Conditions {
		if c.Type == batch.JobComplete || c.Type == batch.JobFailed {
			return job.Status, c
		}
	}
	return job.Status, batch.JobCondition{}
}

func (w *world) complete(name string) {
	w.Helper()
	if status, c := w.condition(name); c.Type != batch.JobComplete || status.CompletedIndexes != "0-3" {
		w.outputs()
		w.Fatalf("%s: %s %s %s, shards %q", name, c.Type, c.Reason, c.Message, status.CompletedIndexes)
	}
}

// fails waits for a job that ends for a reason, with some shards failed, and no pod
// tried again.
func (w *world) fails(name, reason, indexes string) {
	w.Helper()
	status, c := w.condition(name)
	failed := ""
	if status.FailedIndexes != nil {
		failed = *status.FailedIndexes
	}
	if c.Type != batch.JobFailed || c.Reason != reason || indexes != "" && failed != indexes {
		w.outputs()
		w.Errorf("%s: %s %s %s, failed shards %q", name, c.Type, c.Reason, c.Message, failed)
	}
	for i := range shards {
		if pods := w.pods(name, i); len(pods) > 1 {
			w.Errorf("%s: shard %d was tried %d times", name, i, len(pods))
		}
	}
}

// outputs logs what the containers printed.
func (w *world) outputs() {
	files, _ := filepath.Glob(filepath.Join(w.folder, "node-*", "*", "output")) // the pattern is right
	for _, file := range files {
		text, err := os.ReadFile(file)
		w.Logf("%s: %s %v", file, text, err)
	}
}

// writtenOnce says so of every image.
func (w *world) writtenOnce() {
	w.Helper()
	times := make(map[string]int)
	for _, one := range w.writes() {
		times[one.Parameters["ImageId"]]++
	}
	for _, image := range w.images {
		if times[image[0]] != 1 {
			w.Errorf("%s in %s was written %d times", image[0], image[1], times[image[0]])
		}
	}
}

// report joins the reports of all runs, which have each row of the manifest once.
func (w *world) report(manifest string) {
	w.Helper()
	file := filepath.Join(w.folder, "nightly.csv")
	w.must(os.WriteFile(file, []byte(manifest), 0o644))
	var ids []string
	for _, line := range strings.Split(strings.TrimSpace(w.run("runs", "--json")), "\n") {
		var run struct {
			ID string `json:"run"`
		}
		w.must(json.Unmarshal([]byte(line), &run))
		if run.ID != "" {
			ids = append(ids, run.ID)
		}
	}
	text := w.run(append([]string{"report", "--manifest", file, "--format", "csv"}, ids...)...)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	w.must(err)
	if len(rows) != len(w.images)+1 {
		w.Fatalf("the joined report of %d runs has %d rows, want %d", len(ids), len(rows)-1, len(w.images))
	}
	line, outcome := slices.Index(rows[0], "line"), slices.Index(rows[0], "outcome")
	for i, row := range rows[1:] {
		if row[line] != fmt.Sprint(i+2) || row[outcome] != "applied" {
			w.Errorf("row %q", row)
		}
	}
}

func (w *world) suspend() {
	w.Helper()
	_, err := w.client.BatchV1().CronJobs(namespace).Patch(w.ctx, "imgrename", types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), meta.PatchOptions{})
	w.must(err)
	w.until("no job runs", func() bool {
		return !slices.ContainsFunc(w.jobs(), func(job batch.Job) bool { return !w.ended(job.Name) })
	})
}

// now starts a job as the CronJob would, with a limit of changes.
func (w *world) now(name, limit string) {
	w.Helper()
	cron, err := w.client.BatchV1().CronJobs(namespace).Get(w.ctx, "imgrename", meta.GetOptions{})
	w.must(err)
	job := &batch.Job{ObjectMeta: meta.ObjectMeta{Name: name}, Spec: cron.Spec.JobTemplate.Spec}
	environ := job.Spec.Template.Spec.Containers[0].Env
	for i := range environ {
		if environ[i].Name == "IMGRENAME_MAX_CHANGES" {
			environ[i].Value = limit
		}
	}
	_, err = w.client.BatchV1().Jobs(namespace).Create(w.ctx, job, meta.CreateOptions{})
	w.must(err)
}
