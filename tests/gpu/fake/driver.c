/* The driver that is none: libcuda.so.1. */
#include <stdlib.h>
#include <string.h>

#include "devices/kernels/operators/operators.h"
#include "devices/kernels/prelude_c.h"

#include "devices/kernels/jobs.h"

#include "devices/kernels/idct.cl"

#include "devices/kernels/upsample.cl"

#include "devices/kernels/colour.cl"

#include "devices/kernels/shrink.cl"

#include "tests/gpu/fake/fake.h"

/* NVIDIA's headers name parameters otherwise.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
extern struct cuda_fake cuda_fake;
struct cuda_fake cuda_fake = {.devices = 1};

/* A kernel's arguments are addresses of device memory, which is the host's. */
static void *argument(void **arguments, int index)
{
	return (void *)(uintptr_t) * (const CUdeviceptr *)arguments[index];
}

static void run_idct(void **a)
{
	idct(argument(a, 0), argument(a, 1), argument(a, 2), argument(a, 3));
}

static void run_rgb(void **a)
{
	rgb(argument(a, 0), argument(a, 1), argument(a, 2));
}

static void run_shrink(void **a)
{
	shrink(argument(a, 0), argument(a, 1), argument(a, 2));
}

#define ARGUMENTS 4

/* The last argument of an operator is a number, all others are addresses. */
static const struct kernel {
	const char *name;
	void (*run)(void **arguments); /* NULL: it is operator number `operator` */
	uint32_t operator, arguments;
} kernels[] = {{"idct", run_idct, 0, 4}, {"rgb", run_rgb, 0, 3}, {"shrink", run_shrink, 0, 3},
#define FAKE_OPERATOR(upper, lower) {"op_" #lower, NULL, OPERATORS_##upper, 3},
	OPERATORS_KERNELS(FAKE_OPERATOR)
#undef FAKE_OPERATOR
};

/* A kernel that was started, with what it was given. */
struct launch {
	const struct kernel *kernel;
	uint32_t items[3];
	uint64_t value[ARGUMENTS];
	struct launch *next;
};

struct recorded {
	struct launch *first, **last;
};

struct fake_stream {
	struct recorded *recorded; /* NULL: what is started is done at once */
};

static void run_launch(struct launch *launch)
{
	const struct kernel *kernel = launch->kernel;
	void *arguments[ARGUMENTS];

	for (int i = 0; i < ARGUMENTS; i++)
		arguments[i] = &launch->value[i];
	cuda_fake.launches += 1;
	if (!kernel->run) {
		operators_reference(kernel->operator, launch->items, argument(arguments, 0),
			argument(arguments, 1), *(const uint32_t *)arguments[2]);
		return;
	}
	for (uint32_t z = 0; z < launch->items[2]; z++) {
		for (uint32_t y = 0; y < launch->items[1]; y++) {
			for (uint32_t x = 0; x < launch->items[0]; x++) {
				work_item[0] = x;
				work_item[1] = y;
				work_item[2] = z;
				kernel->run(arguments);
			}
		}
	}
}

CUresult cuInit(unsigned int flags)
{
	return cuda_fake.init;
}

CUresult cuDriverGetVersion(int *version)
{
	*version = CUDA_VERSION;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count)
{
	*count = cuda_fake.devices;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
	*device = ordinal;
	return ordinal < cuda_fake.devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device)
{
	strncpy(name, "No GPU (a mock)", (size_t)size - 1);
	name[size - 1] = '\0';
	return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(size_t *bytes, CUdevice device)
{
	*bytes = (size_t)1 << 32;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
	*value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? 9 : 0;
	return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult code, const char **name)
{
	static const struct {
		CUresult code;
		const char *name;
	} known[] = {
#define CUDA_CODE(name) {name, #name}
		CUDA_CODE(CUDA_ERROR_OUT_OF_MEMORY),
		CUDA_CODE(CUDA_ERROR_NOT_INITIALIZED),
		CUDA_CODE(CUDA_ERROR_INVALID_IMAGE),
		CUDA_CODE(CUDA_ERROR_ECC_UNCORRECTABLE),
		CUDA_CODE(CUDA_ERROR_NOT_FOUND),
#undef CUDA_CODE
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code) {
			*name = known[i].name;
			return CUDA_SUCCESS;
		}
	}
	return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
	if (cuda_fake.lost != CUDA_SUCCESS)
		return cuda_fake.lost;
	*context = (CUcontext)&cuda_fake;
	cuda_fake.allocations += 1;
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device)
{
	cuda_fake.allocations -= 1;
	return CUDA_SUCCESS;
}

/* The thread's context: work of a thread without one is refused, as a driver does. */
static _Thread_local CUcontext current;

CUresult cuCtxSetCurrent(CUcontext context)
{
	current = context;
	return CUDA_SUCCESS;
}

static CUresult check(void)
{
	return current ? cuda_fake.lost : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
	static const unsigned char magic[] = {0x50, 0xed, 0x55, 0xba}; /* a fatbin's */

	if (cuda_fake.load != CUDA_SUCCESS)
		return cuda_fake.load;
	if (memcmp(image, magic, sizeof(magic)) != 0)
		return CUDA_ERROR_INVALID_IMAGE;
	*module = (CUmodule)&cuda_fake;
	cuda_fake.allocations += 1;
	return check();
}

CUresult cuModuleUnload(CUmodule module)
{
	cuda_fake.allocations -= 1;
	return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		if (strcmp(kernels[i].name, name) == 0) {
			*function = (CUfunction)(uintptr_t)&kernels[i];
			return CUDA_SUCCESS;
		}
	}
	return CUDA_ERROR_NOT_FOUND;
}

static CUresult get(void **memory, size_t size)
{
	if (check() != CUDA_SUCCESS)
		return check();
	if (cuda_fake.memory != CUDA_SUCCESS)
		return cuda_fake.memory;
	*memory = malloc(size);
	if (!*memory)
		return CUDA_ERROR_OUT_OF_MEMORY;
	cuda_fake.allocations += 1;
	return CUDA_SUCCESS;
}

static CUresult give_back(void *memory)
{
	free(memory);
	cuda_fake.allocations -= 1;
	return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr *address, size_t size)
{
	void *memory = NULL;
	const CUresult code = get(&memory, size);

	*address = (CUdeviceptr)(uintptr_t)memory;
	return code;
}

CUresult cuMemFree(CUdeviceptr address)
{
	return give_back((void *)(uintptr_t)address);
}

CUresult cuMemAllocHost(void **memory, size_t size)
{
	return get(memory, size);
}

CUresult cuMemFreeHost(void *memory)
{
	return give_back(memory);
}

CUresult cuStreamCreate(CUstream *stream, unsigned int flags)
{
	if (cuda_fake.stream != CUDA_SUCCESS)
		return cuda_fake.stream;
	struct fake_stream *made = calloc(1, sizeof(*made));

	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*stream = (CUstream)made;
	cuda_fake.allocations += 1;
	return check();
}

CUresult cuStreamDestroy(CUstream stream)
{
	return give_back(stream);
}

CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode)
{
	struct recorded *recorded = calloc(1, sizeof(*recorded));

	if (!recorded)
		return CUDA_ERROR_OUT_OF_MEMORY;
	recorded->last = &recorded->first;
	((struct fake_stream *)stream)->recorded = recorded;
	cuda_fake.allocations += 1;
	return check();
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph)
{
	struct fake_stream *fake = (struct fake_stream *)stream;

	*graph = (CUgraph)fake->recorded;
	fake->recorded = NULL;
	return check();
}

static void drop(struct recorded *recorded)
{
	for (struct launch *launch = recorded->first, *next; launch; launch = next) {
		next = launch->next;
		free(launch);
	}
	give_back(recorded);
}

/* What was recorded changes hands. */
CUresult cuGraphInstantiate(CUgraphExec *exec, CUgraph graph, unsigned long long flags)
{
	struct recorded *from = (struct recorded *)graph, *to = calloc(1, sizeof(*to));

	if (!to || check() != CUDA_SUCCESS) {
		free(to);
		return to ? check() : CUDA_ERROR_OUT_OF_MEMORY;
	}
	*to = *from;
	*from = (struct recorded){.last = &from->first};
	*exec = (CUgraphExec)to;
	cuda_fake.allocations += 1;
	return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph)
{
	drop((struct recorded *)graph);
	return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec exec)
{
	drop((struct recorded *)exec);
	return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream)
{
	if (check() != CUDA_SUCCESS)
		return check();
	cuda_fake.graphs += 1;
	for (struct launch *launch = ((struct recorded *)exec)->first; launch;
		launch = launch->next)
		run_launch(launch);
	return CUDA_SUCCESS;
}

CUresult cuMemHostRegister(void *memory, size_t size, unsigned int flags)
{
	if (check() != CUDA_SUCCESS)
		return check();
	if (cuda_fake.memory != CUDA_SUCCESS)
		return cuda_fake.memory;
	cuda_fake.allocations += 1;
	return CUDA_SUCCESS;
}

CUresult cuMemHostUnregister(void *memory)
{
	if (check() != CUDA_SUCCESS)
		return check();
	cuda_fake.allocations -= 1;
	return CUDA_SUCCESS;
}

CUresult cuStreamQuery(CUstream stream)
{
	return cuda_fake.hangs ? CUDA_ERROR_NOT_READY : check();
}

CUresult cuStreamSynchronize(CUstream stream)
{
	return check();
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t size, CUstream stream)
{
	if (check() != CUDA_SUCCESS)
		return check();
	memcpy((void *)(uintptr_t)to, from, size);
	cuda_fake.copied_up += size;
	return CUDA_SUCCESS;
}

CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t size, CUstream stream)
{
	if (check() != CUDA_SUCCESS)
		return check();
	memcpy(to, (const void *)(uintptr_t)from, size);
	cuda_fake.copied_down += size;
	return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y,
	unsigned int grid_z, unsigned int block_x, unsigned int block_y, unsigned int block_z,
	unsigned int shared, CUstream stream, void **arguments, void **extra)
{
	struct launch launch = {.kernel = (const struct kernel *)(uintptr_t)function,
		.items = {grid_x * block_x, grid_y * block_y, grid_z * block_z}};
	struct recorded *recorded = ((struct fake_stream *)stream)->recorded;

	if (check() != CUDA_SUCCESS)
		return check();
	if (grid_x == 0 || grid_y == 0 || grid_z == 0 || grid_y > 65535 || grid_z > 65535)
		return CUDA_ERROR_INVALID_VALUE;
	for (uint32_t i = 0; i < launch.kernel->arguments; i++) {
		const bool number = !launch.kernel->run && i == 2;

		memcpy(&launch.value[i], arguments[i],
			number ? sizeof(uint32_t) : sizeof(CUdeviceptr));
	}
	if (!recorded) {
		run_launch(&launch);
		return CUDA_SUCCESS;
	}
	*recorded->last = malloc(sizeof(launch));
	if (!*recorded->last)
		return CUDA_ERROR_OUT_OF_MEMORY;
	**recorded->last = launch;
	recorded->last = &(*recorded->last)->next;
	return CUDA_SUCCESS;
}

CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *arg)
{
	if (check() != CUDA_SUCCESS)
		return check();
	if (!cuda_fake.hangs)
		function(arg);
	return CUDA_SUCCESS;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
