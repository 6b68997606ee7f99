package auth

import (
	"context"
	"slices"
	"time"
)

// held reports whether the key is locked.
func (l *locks) held(key lockKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.until[key]
	return ok
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// SetImages replaces the download of avatars of new accounts by a function.
func (s *Service) SetImages(get func(ctx context.Context, address string, limit int64) ([]byte, error)) {
	s.images = imagesFunc(get)
}

type imagesFunc func(ctx context.Context, address string, limit int64) ([]byte, error)

func (f imagesFunc) Image(ctx context.Context, address string, limit int64) ([]byte, error) {
	return f(ctx, address, limit)
}
