#include "tests/sqlite/fault_vfs.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace purser::sqlite {

// The base VFS keeps its own file object right behind ours.
struct FaultVfs::File {
  sqlite3_file head;
  FaultVfs* vfs;
  const char* name;  // its path, which SQLite keeps; null for a temporary file
  sqlite3_file* base() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

namespace {

std::string file_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash ? slash + 1 : path;
}

}  // namespace

FaultVfs::FaultVfs(const std::string& name)
    : name_(name), base_(sqlite3_vfs_find(nullptr)), vfs_(*base_) {
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.pAppData = this;
  vfs_.xOpen = &FaultVfs::open;
  vfs_.xDelete = &FaultVfs::remove;
  if (sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) std::abort();
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

FaultVfs::File& FaultVfs::file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
FaultVfs& FaultVfs::self(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }

void FaultVfs::note(DiskOperation operation) {
  if (!recording_.load()) return;
  const std::lock_guard lock(mutex_);
  operations_.push_back(std::move(operation));
}

void FaultVfs::mark(std::int64_t number) { note({DiskOperation::Kind::kMark, "", number, ""}); }

std::vector<DiskOperation> FaultVfs::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

int FaultVfs::write_fault() {
  writes_.fetch_add(1);
  const int fault = write_fault_.load();
  if (fault == SQLITE_OK) return SQLITE_OK;
  return passing_writes_.fetch_sub(1) > 0 ? SQLITE_OK : fault;
}

int FaultVfs::open(sqlite3_vfs* vfs, const char* path, sqlite3_file* handle, int flags, int* out) {
  FaultVfs& fault = self(vfs);
  handle->pMethods = nullptr;
  File& file = file_of(handle);
  file.vfs = &fault;
  // SQLite keeps the path until the file is closed.
  file.name = path;
  const int rc = fault.base_->xOpen(fault.base_, path, file.base(), flags, out);
  if (rc == SQLITE_OK) handle->pMethods = &methods();
  return rc;
}

int FaultVfs::remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  FaultVfs& fault = self(vfs);
  const int rc = fault.base_->xDelete(fault.base_, path, sync_folder);
  if (rc == SQLITE_OK) fault.note({DiskOperation::Kind::kDelete, file_name(path), 0, ""});
  return rc;
}

int FaultVfs::close(sqlite3_file* handle) {
  sqlite3_file* base = file_of(handle).base();
  return base->pMethods->xClose(base);
}

int FaultVfs::read(sqlite3_file* handle, void* data, int size, sqlite3_int64 offset) {
  File& file = file_of(handle);
  const int fault = file.vfs->read_fault_.load();
  if (fault != SQLITE_OK) return fault;
  return file.base()->pMethods->xRead(file.base(), data, size, offset);
}

int FaultVfs::write(sqlite3_file* handle, const void* data, int size, sqlite3_int64 offset) {
  File& file = file_of(handle);
  const int fault = file.vfs->write_fault();
  if (fault != SQLITE_OK) return fault;
  const int rc = file.base()->pMethods->xWrite(file.base(), data, size, offset);
  if (rc == SQLITE_OK && file.name) {
    file.vfs->note({DiskOperation::Kind::kWrite, file_name(file.name), offset,
                    std::string(static_cast<const char*>(data), static_cast<std::size_t>(size))});
  }
  return rc;
}

int FaultVfs::truncate(sqlite3_file* handle, sqlite3_int64 size) {
  File& file = file_of(handle);
  const int rc = file.base()->pMethods->xTruncate(file.base(), size);
  if (rc == SQLITE_OK && file.name) {
    file.vfs->note({DiskOperation::Kind::kTruncate, file_name(file.name), size, ""});
  }
  return rc;
}

int FaultVfs::sync(sqlite3_file* handle, int flags) {
  File& file = file_of(handle);
  const int fault = file.vfs->sync_fault_.load();
  if (fault != SQLITE_OK) return fault;
  if (file.name) file.vfs->note({DiskOperation::Kind::kSync, file_name(file.name), 0, ""});
  // The simulator decides what is durable; the real disk need not be waited for.
  static_cast<void>(flags);
  return SQLITE_OK;
}

const sqlite3_io_methods& FaultVfs::methods() {
  static const sqlite3_io_methods table = [] {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = &FaultVfs::close;
    m.xRead = &FaultVfs::read;
    m.xWrite = &FaultVfs::write;
    m.xTruncate = &FaultVfs::truncate;
    m.xSync = &FaultVfs::sync;
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xFileSize(base, size);
    };
    m.xLock = [](sqlite3_file* f, int kind) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xLock(base, kind);
    };
    m.xUnlock = [](sqlite3_file* f, int kind) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xUnlock(base, kind);
    };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xCheckReservedLock(base, out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xFileControl(base, op, arg);
    };
    m.xSectorSize = [](sqlite3_file* f) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xSectorSize(base);
    };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xDeviceCharacteristics(base);
    };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xShmMap(base, page, size, extend, out);
    };
    m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xShmLock(base, offset, n, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) {
      sqlite3_file* base = file_of(f).base();
      base->pMethods->xShmBarrier(base);
    };
    m.xShmUnmap = [](sqlite3_file* f, int remove_it) {
      sqlite3_file* base = file_of(f).base();
      return base->pMethods->xShmUnmap(base, remove_it);
    };
    return m;
  }();
  return table;
}

namespace {

constexpr std::size_t kSector = 512;

void put(std::string& content, std::size_t offset, std::string_view data) {
  if (content.size() < offset + data.size()) content.resize(offset + data.size(), '\0');
  content.replace(offset, data.size(), data);
}

void apply_to(std::string& content, const DiskOperation& operation) {
  const auto offset = static_cast<std::size_t>(operation.offset);
  if (operation.kind == DiskOperation::Kind::kTruncate) {
    content.resize(offset, '\0');
  } else {
    put(content, offset, operation.data);
  }
}

void apply_torn(std::string& content, const DiskOperation& operation, std::mt19937_64& random) {
  const auto offset = static_cast<std::size_t>(operation.offset);
  const std::size_t end = offset + operation.data.size();
  for (std::size_t at = offset; at < end;) {
    const std::size_t next = std::min(end, (at / kSector + 1) * kSector);
    if (random() % 2 == 0) {
      put(content, at, std::string_view(operation.data).substr(at - offset, next - at));
    }
    at = next;
  }
}

}  // namespace

void CrashSimulator::apply(const DiskOperation& operation) {
  switch (operation.kind) {
    case DiskOperation::Kind::kMark:
      return;
    case DiskOperation::Kind::kDelete:
      files_.erase(operation.file);
      return;
    case DiskOperation::Kind::kSync: {
      State& state = files_[operation.file];
      for (const DiskOperation& pending : state.pending) apply_to(state.durable, pending);
      state.pending.clear();
      return;
    }
    case DiskOperation::Kind::kWrite:
    case DiskOperation::Kind::kTruncate:
      files_[operation.file].pending.push_back(operation);
      return;
  }
}

std::map<std::string, std::string> CrashSimulator::image(Fate fate, std::mt19937_64& random) const {
  std::map<std::string, std::string> files;
  for (const auto& [name, state] : files_) {
    std::string content = state.durable;
    for (const DiskOperation& pending : state.pending) {
      if (fate == Fate::kNothing) break;
      const bool tears = fate == Fate::kTorn && pending.kind == DiskOperation::Kind::kWrite;
      if (tears) {
        apply_torn(content, pending, random);
      } else if (fate == Fate::kAll || random() % 2 == 0) {
        apply_to(content, pending);
      }
    }
    files[name] = std::move(content);
  }
  return files;
}

}  // namespace purser::sqlite
