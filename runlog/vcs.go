package runlog

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"labbook/runlog/event"
)

const (
	// maxDiff bounds the dirty diff that is stored with a run.
	maxDiff = 1 << 20
	gitTime = 10 * time.Second
)

// askGit finds out at which revision dir stands and how it differs from it.
// False means that there is no git or no repository, which is no error.
func askGit(ctx context.Context, dir string) (event.VCS, bool) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	revision, err := git(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return event.VCS{}, false
	}
	vcs := event.VCS{Revision: strings.TrimSpace(string(revision))}
	if status, err := git(ctx, dir, "status", "--porcelain", "--untracked-files=no"); err == nil && len(status) > 0 {
		vcs.Dirty = true
		diff, err := git(ctx, dir, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD")
		if err == nil {
			if len(diff) > maxDiff {
				diff = append(diff[:maxDiff:maxDiff], "\n(the rest of the diff was left out)\n"...)
			}
			vcs.Diff = string(bytes.ToValidUTF8(diff, []byte("�")))
		}
	}
	return vcs, true
}

// git runs git without taking locks that the user's own git could stumble on.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	return cmd.Output()
}
