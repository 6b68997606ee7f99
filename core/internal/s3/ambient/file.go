// Keys in the credentials file that programs share: profiles with lines "name = value".

package ambient

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is the maximum number of bytes that are read of a file.
const maxFile = 1 << 20

// file finds keys in the shared file. The error is errNone if there is no file or no profile,
// unless the environment names one of them.
func (s *Source) file(context.Context) (Keys, error) {
	path, profile := s.env("AWS_SHARED_CREDENTIALS_FILE"), s.env("AWS_PROFILE")
	named := path != "" || profile != ""
	if path == "" {
		home, err := s.home()
		if err != nil {
			return Keys{}, errNone
		}
		path = filepath.Join(home, ".aws", "credentials")
	}
	profile = cmp.Or(profile, "default")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return Keys{}, errNone
	}
	if err != nil {
		return Keys{}, err
	}
	defer f.Close()
	keys, found, err := readProfile(io.LimitReader(f, maxFile), profile)
	if err != nil {
		return Keys{}, fmt.Errorf("read %s: %w", path, err)
	}
	if !found && named {
		return Keys{}, fmt.Errorf("%s has no profile %q", path, profile)
	}
	return keys.complete(fmt.Sprintf("the profile %q of %s", profile, path))
}

// readProfile reads the profile of that name.
func readProfile(r io.Reader, profile string) (k Keys, found bool, err error) {
	inside := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			name, _, _ = strings.Cut(name, "]")
			inside = strings.TrimSpace(name) == profile
			found = found || inside
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); !inside {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "aws_access_key_id":
			k.AccessKey = value
		case "aws_secret_access_key":
			k.Secret = value
		case "aws_session_token":
			k.Token = value
		}
	}
	return k, found, lines.Err()
}
