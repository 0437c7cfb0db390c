package samplebook

import (
	"fmt"
	"time"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// Study returns what a lab-book holds in the middle of somebody's tuning of a
// model. The last run is going on at the given time, and starting a run again
// adds one that has just begun.
func Study(now time.Time) Content {
	c := Content{
		Tasks:        map[int64]map[int64][]record.Task{},
		Outputs:      map[int64][]record.Output{},
		Explanations: map[record.CallID]whymiss.Explanation{},
		Rerun:        func(c *Content, run int64) error { return startAgain(c, run, now) },
	}
	for id := int64(1); id <= 14; id++ {
		c.addRun(id, now)
	}
	return c
}

func startAgain(c *Content, run int64, now time.Time) error {
	for i := range c.Runs {
		if c.Runs[i].ID == run {
			again := c.Runs[i]
			again.ID, again.RerunOf, again.Reruns = int64(len(c.Runs)+1), run, nil
			again.Status, again.Started, again.Ended = record.StatusRunning, now, time.Time{}
			again.Error, again.ExitCode, again.Signal = "", 0, ""
			again.Counts, again.Metrics, again.Artifacts = record.Counts{}, nil, nil
			c.Runs = append(c.Runs, again)
			return nil
		}
	}
	return fmt.Errorf("rerun run %d: no such run", run)
}

func (c *Content) addRun(id int64, now time.Time) {
	started := now.Add(-time.Duration(15-id)*47*time.Minute - 30*time.Second)
	depth := 4 + id%3
	run := record.RunDetail{Run: record.Run{
		ID: id, Name: "crossval", UUID: fmt.Sprintf("0192f0c1-0000-7000-8000-%012d", id),
		Argv: []string{"./crossval", "-c=" + fmt.Sprint(float64(id)/10), "-depth=" + fmt.Sprint(depth), "-data=wine.csv"},
		Cwd:  "/home/ada/wine", Exe: "/home/ada/wine/crossval", Package: "example.com/wine/cmd/crossval",
		Module: "example.com/wine", GoVersion: "go1.26.0", VCSRevision: "9f3c1e7ab1254d0e8a7bb0c5",
		Host: "analytical", OSArch: "linux/amd64", CPUs: 8, User: "ada", PID: 41000 + int(id),
		Started: started, Ended: started.Add(3*time.Minute + time.Duration(id*7)*time.Second), Status: record.StatusOK,
		UserTime: 9 * time.Minute, SysTime: 4 * time.Second, MaxRSS: 612 << 20,
		CPUModel: "Babbage Mill 8", Memory: 16 << 30, CPULimit: 4, MemoryLimit: 4 << 30, MaxProcs: 4,
		Modules: []string{"example.com/linalg@v1.4.2", "example.com/wine/data@v0.3.0 => ../data"},
		Env:     []string{"HOME=/home/ada", "LABBOOK_TOKEN=****"},
	}}
	run.Params = []record.Param{
		{Name: "c", Value: fmt.Sprint(float64(id) / 10), Source: "flag"},
		{Name: "depth", Value: fmt.Sprint(depth), Source: "flag"},
		{Name: "seed", Value: "42", Source: "default"},
	}
	for step := range int64(12) {
		at := started.Add(time.Duration(step) * 10 * time.Second)
		run.Metrics = append(run.Metrics, record.Metric{Name: "loss", Step: step, Value: 0.9 / float64(step+1), At: at})
	}
	run.Metrics = append(run.Metrics, record.Metric{Name: "accuracy", Value: 0.91 + float64(id)/500, At: run.Ended})
	for step := range int64(25) { // it loads, trains on four cores, and scores on one
		memory := min(60+40*step, 380) + 220*(step%8)/8
		busy := []float64{1, 4, 4, 4, 2}[step/5]
		s := record.Sample{At: started.Add(time.Duration(step) * 8 * time.Second), RSS: memory << 20, Read: 90 << 20, Written: step << 20}
		if step > 0 {
			s.CPU = run.Samples[step-1].CPU + time.Duration(busy*7.5*float64(time.Second))
		}
		run.Samples = append(run.Samples, s)
	}
	run.Inputs = []record.Input{{Path: "/home/ada/wine/wine.csv", Bytes: 10782, Modified: started.Add(-time.Hour), Digest: digest(id, 9)}}
	run.Artifacts = []record.Artifact{{
		Name: "confusion.png", Path: fmt.Sprintf("/home/ada/wine/.labbook/artifacts/%d/confusion.png", id),
		MediaType: "image/png", Bytes: 48213, At: run.Ended,
	}}
	c.vary(&run, now)
	c.addCalls(&run)
	c.addBatches(&run)
	c.addOutput(&run)
	c.Runs = append(c.Runs, run)
}

// vary makes some runs end otherwise than well.
func (c *Content) vary(run *record.RunDetail, now time.Time) {
	switch run.ID {
	case 3:
		run.Name, run.Argv = "prepare", []string{"./prepare", "raw/*.csv"}
	case 5:
		run.Status, run.Signal, run.ExitCode = record.StatusInterrupted, "interrupt", 130
	case 8:
		run.Status, run.Error, run.ExitCode = record.StatusFailed, "load wine.csv: row 812: 13 fields, want 14", 1
	case 9:
		run.RerunOf = 8
		run.Notes = []record.Note{{Text: "row 812 repaired by hand", At: run.Started.Add(time.Minute)}}
		run.Tags = []string{"baseline", "paper"}
		run.Pinned = true
	case 10:
		run.Status, run.Signal, run.ExitSeen = record.StatusKilled, "killed", true
	case 11:
		run.Status = record.StatusDied
	case 12:
		run.Within, run.Children, run.ExitSeen = 3, []int64{13}, true
		run.VCSDirty = true
		run.VCSDiff = "diff --git a/model/train.go b/model/train.go\n@@ -41,7 +41,7 @@ func Train(\n" +
			" \tfor epoch := range p.Epochs {\n-\t\trate *= 0.99\n+\t\trate *= 0.995\n \t}\n"
	case 14:
		run.Status, run.Started, run.Ended = record.StatusRunning, now.Add(-84*time.Second), time.Time{}
		run.Heartbeat = now.Add(-time.Second)
	}
	if run.Status == record.StatusDied {
		run.Ended, run.Heartbeat = time.Time{}, run.Started.Add(71*time.Second)
	}
}

const functionTrain = "example.com/wine/model.Train"

func (c *Content) addCalls(run *record.RunDetail) {
	for number := int64(1); number <= 24; number++ {
		call := record.CallDetail{Call: record.Call{
			ID: record.CallID{Run: run.ID, Call: number}, Task: -1, Function: functionTrain,
			Key: digest(run.ID, number), Outcome: record.Hit, Started: run.Started.Add(time.Duration(number) * 3 * time.Second),
			Duration: 41 * time.Microsecond, Saved: 8*time.Second + time.Duration(number)*210*time.Millisecond,
			ResultDigest: digest(number, 1), ResultBytes: 1 << 20, Origin: record.CallID{Run: 1, Call: number},
		}}
		call.Code = record.Function{Name: functionTrain, CodeDigest: digest(7, 7), CodeKind: "source", File: "model/train.go", Line: 38}
		c.varyCall(&call)
		call.Parts = []record.Part{
			{Position: 0, Kind: record.PartCode, Name: "code", Digest: call.Code.CodeDigest, Preview: call.Function + " and 6 functions that it reaches"},
			{Position: 1, Kind: record.PartToolchain, Name: "go", Digest: digest(2, 2), Preview: "go1.26.0"},
			{Position: 2, Kind: record.PartArgument, Name: "x", Digest: digest(number, 3), Preview: "[][]float64{{14.23, 1.71, 2.43, …}, … 142 rows}"},
			{Position: 3, Kind: record.PartArgument, Name: "y", Digest: digest(number, 4), Preview: "[]int{0, 0, 2, 1, … 142}"},
			{Position: 4, Kind: record.PartArgument, Name: "params", Digest: digest(run.ID, 5), Preview: fmt.Sprintf("model.Params{C: %g, Depth: %d}", float64(run.ID)/10, 4+run.ID%3)},
		}
		count(&run.Counts, &call.Call)
		c.Calls = append(c.Calls, call)
		c.Explanations[call.ID] = explain(&call)
	}
}

func (c *Content) varyCall(call *record.CallDetail) {
	computed := func(took time.Duration) {
		call.Outcome, call.Duration, call.Saved, call.Origin = record.Miss, took, 0, record.CallID{}
	}
	switch number := call.ID.Call; {
	case number%7 == 0:
		computed(time.Duration(number) * 1300 * time.Millisecond)
	case number == 5:
		call.Function = "example.com/wine/data.Load"
		computed(640 * time.Millisecond)
	case number == 11:
		call.Function = "example.com/wine/model.Score[float64]"
		computed(90 * time.Millisecond)
		call.Outcome, call.Error, call.ResultDigest, call.ResultBytes = record.Error, "score: singular matrix at fold 3", "", 0
	case number == 16:
		computed(2 * time.Second)
		call.Outcome, call.Key = record.Bypass, ""
	case number == 22:
		computed(71 * time.Second)
		call.Reason, call.Detail = record.Evicted, "evicted to keep the cache below 10 GiB"
	case number == 24 && call.ID.Run == 14:
		computed(0)
		call.Outcome, call.ResultDigest, call.ResultBytes = record.Running, "", 0
	}
	if call.ID.Call > 8 && call.ID.Call < 15 {
		call.Batch, call.Task = 1, call.ID.Call-9
	}
}

func count(n *record.Counts, c *record.Call) {
	n.Calls++
	n.Saved += c.Saved
	switch c.Outcome {
	case record.Hit:
		n.Hits++
	case record.Miss:
		n.Misses++
		n.Spent += c.Duration
	case record.Error:
		n.Errors++
	case record.Bypass:
		n.Bypasses++
	case record.Running:
		n.Running++
	}
}

func explain(c *record.CallDetail) whymiss.Explanation {
	e := whymiss.Explanation{
		Call: c.ID, Function: c.Function, Outcome: c.Outcome,
		Reason: whymiss.Reason{Kind: record.FirstCall, Summary: "no earlier call of this function is on record"},
	}
	switch {
	case c.Outcome == record.Hit:
		e.Reason = whymiss.Reason{Summary: "the stored result of call " + c.Origin.String() + " was returned"}
	case c.ID.Call%7 != 0 || c.ID.Run == 1:
		e.LostSeconds = c.Duration.Seconds()
	default:
		nearest := record.CallID{Run: c.ID.Run - 1, Call: c.ID.Call}
		e.Nearest = &whymiss.Nearest{Call: nearest, Run: nearest.Run, When: c.Started.Add(-47 * time.Minute)}
		e.LostSeconds = c.Duration.Seconds()
		e.Reason = whymiss.Reason{
			Kind:    record.ArgumentChanged,
			Summary: "argument x is the same but for float noise; params.Columns holds the same elements in another order",
		}
		e.Nearest.Equal, e.Nearest.Of = 1, 3
		e.Remedies = []whymiss.Remedy{{
			Advice: "round x to 12 decimals before the call, so that equal inputs are equal to the bit", Caveat: "it changes what the function is given by as little as it rounds",
			Code: "for _, row := range x {\n\tfor i := range row {\n\t\trow[i] = math.Round(row[i]*1e12) / 1e12\n\t}\n}",
		}, {
			Advice: "sort params.Columns before the call", Caveat: "it changes what the function is given: only if the order has no influence on results",
			Code: "slices.Sort(params.Columns)",
		}}
		e.Remedy = e.Remedies[0].String()
		e.Differences = []whymiss.Difference{
			{Part: "x", Path: "x[17][3]", Kind: diffargs.FloatNoise, Before: "2.4300000000000002", After: "2.43", Detail: "1 ulp; 3 of 1846 elements differ"},
			{
				Part: "params", Path: "params.Columns", Kind: diffargs.Order, Detail: "the same 5 elements in another order",
				Before: `[]string{"alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium"}`,
				After:  `[]string{"alcalinity of ash", "alcohol", "ash", "magnesium", "malic acid"}`,
			},
		}
	}
	return e
}

func (c *Content) addBatches(run *record.RunDetail) {
	batch := record.Batch{
		Run: run.ID, Batch: 1, Label: "folds", Backend: "process", Jobs: 8, Tasks: 10, Done: 10,
		Started: run.Started.Add(20 * time.Second), Ended: run.Started.Add(150 * time.Second), Status: record.BatchOK,
	}
	tasks := make([]record.Task, 10)
	for i := range tasks {
		queued := batch.Started.Add(time.Duration(i) * time.Millisecond)
		started := queued.Add(time.Duration(i/8) * 9 * time.Second)
		tasks[i] = record.Task{
			Index: int64(i), Worker: i % 8, Attempt: 1, Queued: queued, Started: started,
			Ended: started.Add(time.Duration(8+i%3) * time.Second), Status: record.BatchOK,
		}
	}
	if run.ID%4 == 0 {
		batch.Failed, batch.Status = 1, record.BatchFailed
		batch.Error = "task 6: worker 6 (pid 41236) was killed by signal 9"
		tasks[6].Status = record.BatchFailed
		tasks[6].Error = "worker 6 (pid 41236) was killed by signal 9; its last words: fatal error: runtime: out of memory: cannot allocate 8589934592-byte block"
	}
	if run.Status == record.StatusRunning {
		batch.Status, batch.Ended, batch.Done = record.BatchRunning, time.Time{}, 7
		for i := 7; i < len(tasks); i++ {
			tasks[i].Status, tasks[i].Ended = record.BatchRunning, time.Time{}
		}
	}
	run.Counts.Tasks = batch.Tasks
	c.Batches = append(c.Batches, batch)
	c.Tasks[run.ID] = map[int64][]record.Task{1: tasks}
}

func (c *Content) addOutput(run *record.RunDetail) {
	var chunks []record.Output
	say := func(stream record.Stream, text string) {
		seq := int64(len(chunks) + 1)
		chunks = append(chunks, record.Output{
			Seq: seq, Stream: stream, At: run.Started.Add(time.Duration(seq) * 700 * time.Millisecond), Bytes: []byte(text),
		})
	}
	say(record.Stdout, "\x1b]0;crossval\areading wine.csv … 178 rows, 14 columns\n")
	say(record.Stderr, "wine.csv: row 99 has no label, left out\n")
	for fold := range 10 {
		say(record.Stdout, fmt.Sprintf("\x1b[1mfold %d\x1b[0m\n", fold))
		for percent := 10; percent <= 100; percent += 30 {
			say(record.Stdout, fmt.Sprintf("\r  training %3d %%", percent))
		}
		say(record.Stdout, fmt.Sprintf("\n  accuracy \x1b[32m%.4f\x1b[0m\tloss %.4f\n", 0.91+float64(fold)/200, 0.3/float64(fold+1)))
	}
	if run.Error != "" {
		say(record.Stderr, run.Error+"\n")
	}
	c.Outputs[run.ID] = chunks
}

// digest makes up a digest that is the same each time.
func digest(a, b int64) string {
	n := uint64(a*1_000_003+b) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("%016x%016x%016x%016x", n, n^0x5bd1e995, n*31, n*37+1)
}
