"""What the user can do. Operators start jobs; one modal operator takes their results in while Blender goes on."""

import os
import shutil
import tempfile

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from . import preferences
from .importing import ITERATION, REQUEST, import_asset
from .jobs import Job, fetch, follow, wait
from .server import is_url

VIEWS = ("front", "right", "back", "left", "top", "bottom")
PICTURES = "*.png;*.jpg;*.jpeg;*.webp;*.avif;*.gif;*.tif;*.tiff"
TICK_SECONDS = 0.1
LISTED = 50

#: Jobs whose results are not in the scene yet, with what to do then: `take(context, result)`.
pending = []
#: The last word on each kind of job, for the panel.
messages = []


def start(operator, context, label, work, take):
    """Runs `work` in a thread. In the background, where no timer ticks, it waits for the end."""
    job = Job(label, work)
    pending.append((job, take))
    if not bpy.app.background:
        bpy.ops.maquette.progress("INVOKE_DEFAULT")
        return {"FINISHED"}
    wait([job])
    for failure in take_results(context):
        operator.report({"ERROR"}, failure)
        return {"CANCELLED"}
    return {"FINISHED"}


def take_results(context):
    """Takes in the results of the jobs that have ended; returns the sentences about those that failed."""
    failures = []
    for job, take in [entry for entry in pending if not entry[0].running]:
        pending[:] = [entry for entry in pending if entry[0] is not job]
        if job.state == "done":
            try:
                said = take(context, job.result)
                if said:
                    messages[:] = [said]
                continue
            except Exception as error:  # An importer may raise anything; the user hears of it.
                job.message = str(error)
        if job.state != "stopped":
            failures.append(f"{job.label}: {job.message}")
            messages[:] = [failures[-1]]
    return failures


def stop_all():
    for job, _take in pending:
        job.stop()


class MAQUETTE_OT_progress(bpy.types.Operator):
    bl_idname = "maquette.progress"
    bl_label = "Maquette Progress"
    bl_description = "Follows what runs on the server"
    bl_options = {"INTERNAL"}

    _active = False

    def invoke(self, context, _event):
        if MAQUETTE_OT_progress._active:
            return {"CANCELLED"}
        MAQUETTE_OT_progress._active = True
        self._timer = context.window_manager.event_timer_add(TICK_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        for failure in take_results(context):
            self.report({"ERROR"}, failure)
        for area in context.screen.areas if context.screen else ():
            if area.type == "VIEW_3D":
                area.tag_redraw()
        if pending:
            job = pending[0][0]
            context.workspace.status_text_set(f"Maquette: {job.label}, {job.stage}, {round(100 * job.progress)} %")
            return {"PASS_THROUGH"}
        self.cancel(context)
        return {"FINISHED"}

    def cancel(self, context):
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)
        MAQUETTE_OT_progress._active = False


class MAQUETTE_OT_stop(bpy.types.Operator):
    bl_idname = "maquette.stop"
    bl_label = "Stop Waiting"
    bl_description = "Stops waiting; the server goes on, and the asset can be imported from the list"

    @classmethod
    def poll(cls, _context):
        return bool(pending)

    def execute(self, _context):
        stop_all()
        return {"FINISHED"}


def make(operator, context, pictures, temporary=None):
    """Starts an asset from paths and URLs with the options of the panel, and imports it in the end."""
    server = preferences.connect(operator, context)
    if server is None:
        return {"CANCELLED"}
    if not 1 <= len(pictures) <= 6:
        operator.report({"ERROR"}, f"{len(pictures)} pictures were given; 1 to 6 of one object can be used")
        return {"CANCELLED"}
    state = context.window_manager.maquette
    fields = {
        "LoQ": state.quality,
        "height": round(state.height * 100, 3),  # the property has single precision
        "polycount": state.polycount or None,
        "name": state.name or None,
        "test": state.test or None,
    }
    file_format = preferences.get(context).file_format
    sources = with_views(pictures)

    def work(job):
        try:
            request_id = server.make(sources, fields)
        finally:
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)
        return follow(job, server, request_id, file_format)

    return start(operator, context, state.name or "New asset", work, take_import(replace=False))


def with_views(sources):
    """A side for each picture whose name says one (front.png, axe_left.jpg), unless two say the same."""
    def side(source):
        stem = os.path.splitext(os.path.basename(source.split("?")[0]))[0].lower()
        return next((view for view in VIEWS if stem == view or stem.endswith(("_" + view, "-" + view, " " + view))), "auto")

    sides = [side(source) for source in sources]
    if any(view != "auto" and sides.count(view) > 1 for view in sides):
        sides = ["auto"] * len(sources)
    return list(zip(sources, sides))


def take_import(replace):
    def take(context, result):
        collection = import_asset(context, result, replace)
        shutil.rmtree(os.path.dirname(result["path"]), ignore_errors=True)
        notes = "".join(f" {note}" for note in result["warnings"])
        return f"Imported {collection.name}, version {result['iteration']}.{notes}"

    return take


class MAQUETTE_OT_make(bpy.types.Operator, ImportHelper):
    bl_idname = "maquette.make"
    bl_label = "Make from Pictures"
    bl_description = "Makes an asset from one to six pictures of one object. Names such as front.png say which side it is"

    filter_glob: StringProperty(default=PICTURES, options={"HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        chosen = [os.path.join(self.directory, file.name) for file in self.files if file.name]
        pictures = chosen or ([self.filepath] if self.filepath else [])
        missing = next((path for path in pictures if not os.path.isfile(path)), None)
        if missing:
            self.report({"ERROR"}, f"There is no file {missing}")
            return {"CANCELLED"}
        return make(self, context, pictures)


class MAQUETTE_OT_make_from_clipboard(bpy.types.Operator):
    bl_idname = "maquette.make_from_clipboard"
    bl_label = "Make from Clipboard"
    bl_description = "Makes an asset from the picture in the clipboard (Blender 4.1 or later), or from paths or addresses there"

    def execute(self, context):
        pictures = read_clipboard_text(context.window_manager.clipboard)
        if pictures:
            return make(self, context, pictures)
        folder = tempfile.mkdtemp(prefix="maquette-")
        path = save_clipboard_picture(context, folder)
        if path is None:
            shutil.rmtree(folder, ignore_errors=True)
            self.report({"ERROR"}, "The clipboard holds no path or address of a picture, and no picture that Blender can paste")
            return {"CANCELLED"}
        return make(self, context, [path], temporary=folder)


def read_clipboard_text(text):
    """Paths of files and addresses, one a line; nothing if any line is neither."""
    lines = [line.strip().strip('"') for line in text.splitlines() if line.strip()]
    lines = [line[len("file://"):] if line.startswith("file:///") else line for line in lines]
    return lines if all(is_url(line) or os.path.isfile(line) for line in lines) else []


def save_clipboard_picture(context, folder):
    """The picture in the clipboard as a PNG, or None where Blender cannot paste pictures or there is none."""
    if "clipboard_paste" not in dir(bpy.ops.image) or context.area is None:
        return None
    before = set(bpy.data.images)
    former = context.area.type
    try:
        context.area.type = "IMAGE_EDITOR"
        bpy.ops.image.clipboard_paste()
    except RuntimeError:
        return None
    finally:
        context.area.type = former
    image = next((image for image in bpy.data.images if image not in before), None)
    if image is None:
        return None
    path = os.path.join(folder, "clipboard.png")
    image.file_format = "PNG"
    image.save(filepath=path)
    bpy.data.images.remove(image)
    return path


class MAQUETTE_OT_refresh(bpy.types.Operator):
    bl_idname = "maquette.refresh"
    bl_label = "Refresh"
    bl_description = "Lists the assets on the server, newest first"

    def execute(self, context):
        server = preferences.connect(self, context)
        if server is None:
            return {"CANCELLED"}
        return start(self, context, "List", lambda _job: server.list(LISTED), take_list)


def take_list(context, assets):
    state = context.window_manager.maquette
    state.assets.clear()
    for asset in assets:
        item = state.assets.add()
        item.request_id = asset["requestID"]
        item.name = asset["name"]
        item.versions = len(asset["iterations"])
        newest = asset["iterations"][-1]
        item.status = f"{round(100 * newest['progress'])} %" if newest["status"] == "new" else newest["status"]
    state.active = min(state.active, max(0, len(assets) - 1))


class MAQUETTE_OT_import_asset(bpy.types.Operator):
    bl_idname = "maquette.import_asset"
    bl_label = "Import"
    bl_description = "Imports a version of an asset, waiting for it if it is not done"

    request_id: StringProperty(name="requestID")
    iteration: StringProperty(name="Version", description="The newest unless given")
    replace: BoolProperty(name="Replace", description="Put it in the place of the version that is in the scene")

    def execute(self, context):
        server = preferences.connect(self, context)
        if server is None:
            return {"CANCELLED"}
        request_id, iteration = self.request_id, self.iteration
        file_format = preferences.get(context).file_format

        def work(job):
            if not iteration:
                return follow(job, server, request_id, file_format)
            asset = server.get(request_id)
            version = next((one for one in asset["iterations"] if one["iterationID"] == iteration), None)
            if version is None or version["status"] == "new":
                raise RuntimeError(f"there is no finished version {iteration}")
            return fetch(server, asset, version, file_format)

        return start(self, context, "Import", work, take_import(self.replace))


class MAQUETTE_OT_revise(bpy.types.Operator):
    bl_idname = "maquette.revise"
    bl_label = "Revise"
    bl_description = "Makes a new version by the wishes above and puts it in the place of the one in the scene"

    request_id: StringProperty(name="requestID", description="The selected object's asset unless given")
    wishes: StringProperty(name="Wishes", description="The panel's unless given")

    def execute(self, context):
        server = preferences.connect(self, context)
        if server is None:
            return {"CANCELLED"}
        request_id = self.request_id or active_request(context)
        wishes = self.wishes or context.window_manager.maquette.wishes
        if not request_id or not wishes:
            what = "an object that came from Maquette" if not request_id else "wishes, such as '120 cm tall'"
            self.report({"ERROR"}, f"Nothing to revise: give {what}")
            return {"CANCELLED"}
        file_format = preferences.get(context).file_format

        def work(job):
            server.revise(request_id, [], {"editDescription": wishes})
            return follow(job, server, request_id, file_format)

        return start(self, context, "Revision", work, take_import(replace=True))


def active_request(context):
    """The asset that the active object came from, or None."""
    obj = context.view_layer.objects.active
    return obj.get(REQUEST) if obj else None


def active_version(context):
    obj = context.view_layer.objects.active
    return obj.get(ITERATION) if obj else None


CLASSES = (
    MAQUETTE_OT_progress,
    MAQUETTE_OT_stop,
    MAQUETTE_OT_make,
    MAQUETTE_OT_make_from_clipboard,
    MAQUETTE_OT_refresh,
    MAQUETTE_OT_import_asset,
    MAQUETTE_OT_revise,
)
